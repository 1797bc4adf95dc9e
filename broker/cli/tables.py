"""Each command's own options, beside the settings: flags, environment and TOML tables are derived.

A field `max_connections` of `keys create` is the flag `--max-connections`, the variable
`BOOKS_RELAYER_MAX_CONNECTIONS`, and `max_connections` in the table `[keys.create]`.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from broker.messages import CHANNELS

Duration = Annotated[str, Meta(pattern="^[1-9][0-9]{0,4}[dhms]$")]
"""A whole number of days, hours, minutes or seconds."""


class ServeOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[serve]`"""

    demo: Annotated[bool, Meta(description="Feed the service with simulated games.")] = False
    check: Annotated[bool, Meta(description="Check the settings, say so, and exit.")] = False


class CreateOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[keys.create]`"""

    expires: Annotated[
        Duration | None,
        Meta(description="How long it is good, such as 90d, 12h, 30m or 45s; default: for ever."),
    ] = None
    max_connections: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(description="Simultaneous subscribers with this key; default: no limit."),
    ] = None
    channels: Annotated[
        str,
        Meta(
            pattern=f"^({'|'.join(CHANNELS)})(,({'|'.join(CHANNELS)}))*$",
            description="What it opens, separated by commas.",
        ),
    ] = ",".join(CHANNELS)


class ListOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[keys.list]`"""

    json: Annotated[bool, Meta(description="Print a JSON array instead of a table.")] = False


class RotateOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[keys.rotate]`"""

    grace: Annotated[
        Duration | None,
        Meta(description="How long the old key stays good, such as 1h or 7d; default: it is revoked at once."),
    ] = None


class KeysTables(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[keys]`"""

    create: CreateOptions = CreateOptions()
    list: ListOptions = ListOptions()
    rotate: RotateOptions = RotateOptions()


class EnrollOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[enroll]`: so far, enroll needs the settings only."""


class PublishOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[publish]`: so far, publish needs the settings only."""


class ReplayOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[replay]`"""

    speed: Annotated[
        Annotated[float, Meta(gt=0)] | Literal["max"],
        Meta(description="How many times the recorded pace; max for no pause at all."),
    ] = 1.0
    loop: Annotated[
        bool,
        Meta(
            description="Start again at the end, until interrupted. The observations keep their recorded "
            "ts, and only what differs from the end of the round before makes events."
        ),
    ] = False


class WatchOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[watch]`"""

    url: Annotated[str, Meta(pattern="^wss?://", description="The service, without the path of a channel.")] = (
        "ws://127.0.0.1:8080"
    )
    key: Annotated[
        str | None,
        Meta(
            description="Your key, pn_live_…; - reads it from standard input. On the command line others on this host "
            "may see it for a moment."
        ),
    ] = None
    league: Annotated[str, Meta(description="Show games of these leagues only: codes, separated by commas.")] = ""
    game: Annotated[str, Meta(description="Show games only whose id, slug or teams contain this.")] = ""
    json: Annotated[bool, Meta(description="Print each frame as it was received, one a line.")] = False


class StatusOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[status]`"""

    json: Annotated[bool, Meta(description="Print the figures as JSON, once.")] = False


class Tables(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All tables of a TOML file; what stands above them are the service's settings."""

    serve: ServeOptions = ServeOptions()
    keys: KeysTables = KeysTables()
    enroll: EnrollOptions = EnrollOptions()
    publish: PublishOptions = PublishOptions()
    replay: ReplayOptions = ReplayOptions()
    status: StatusOptions = StatusOptions()
    watch: WatchOptions = WatchOptions()
