"""The broker: observations in, events out; and the contracts that the workers share with it."""
