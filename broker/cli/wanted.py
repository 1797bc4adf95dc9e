"""Which games somebody wants to see. Pure."""

from msgspec import Struct

from broker.cli.tables import WatchOptions
from broker.view import GameRow


class Wanted(Struct, frozen=True):
    """Games of some leagues, and with some text in their names; of neither, all games.

    Args:
        leagues: codes in lower case, none for all.
        text: what id, slug or a team's name contains, in lower case.
    """

    leagues: frozenset[str] = frozenset()
    text: str = ""

    @classmethod
    def by(cls, options: WatchOptions) -> "Wanted":
        """Read the options."""
        codes = (code.strip().lower() for code in options.league.split(","))
        return cls(frozenset(code for code in codes if code), options.game.strip().lower())

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return not self.leagues and not self.text

    def __call__(self, row: GameRow) -> bool:
        """Whether a game is one of them."""
        if self.leagues and (row.league or "").lower() not in self.leagues:
            return False
        names = (row.game_id, row.slug, row.home, row.away)
        return any(self.text in name.lower() for name in names if name)
