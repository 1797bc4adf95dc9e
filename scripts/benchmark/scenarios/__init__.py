"""What is measured, one benchmark a module: each makes a report."""
