"""Strategies for structs: every field of any value of its type, also where it has a default."""

from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import fields

# Of int, MessagePack takes 64 bits.
st.register_type_strategy(int, st.integers(-(2**63), 2**64 - 1))
# NaN is not equal to itself.
st.register_type_strategy(float, st.floats(allow_nan=False))


def register(*structs: type[Struct]) -> None:
    """Have `from_type` fill every field of these."""
    for struct in structs:
        st.register_type_strategy(
            struct, st.builds(struct, **{field.name: st.from_type(field.type) for field in fields(struct)})
        )
