"""Invented teams and players; cities are real, so that slugs look like slugs."""

from random import Random

from broker.games import Team

_ROSTERS = {
    "nfl": """den Denver Prospectors|nyh New York Harriers|chi Chicago Foundry|sea Seattle Tidebreakers
        mia Miami Breakers|bos Boston Sentinels|dal Dallas Wranglers|gbr Green Bay Lumbermen
        pit Pittsburgh Ironclads|lac Los Angeles Comets|atl Atlanta Firebirds|kan Kansas City Drovers
        min Minneapolis Northmen|phi Philadelphia Founders|hou Houston Derricks|cle Cleveland Mastiffs""",
    "nba": """por Portland Rosewoods|mem Memphis Bluesmen|phx Phoenix Scorpions|bkn Brooklyn Bridges
        den Denver Altitude|mil Milwaukee Brewhouse|orl Orlando Orbit|sac Sacramento Gilders
        det Detroit Motors|uta Utah Summit|cha Charlotte Weavers|tor Toronto Lanterns
        okc Oklahoma City Twisters|chi Chicago Gale|san San Antonio Missions|bos Boston Beacons""",
    "mlb": """bal Baltimore Clippers|sdg San Diego Pelicans|stl St. Louis Archers|oak Oakland Redwoods
        cin Cincinnati Steamers|tam Tampa Manatees|mil Milwaukee Maltsters|nyk New York Skyliners
        tex Texas Mustangs|sfo San Francisco Fog|cle Cleveland Lakesiders|ari Arizona Sidewinders
        was Washington Monuments|col Colorado Peaks|phi Philadelphia Keystones|min Minnesota Loons""",
    "nhl": """buf Buffalo Blizzard|edm Edmonton Derricks|ott Ottawa Lumberjacks|nas Nashville Strings
        van Vancouver Orcas|bos Boston Minutemen|cgy Calgary Chinooks|car Carolina Cyclones
        wpg Winnipeg Wolves|lak Los Angeles Regents|mtl Montreal Royals|chi Chicago Talons
        sjo San Jose Breakwaters|col Colorado Glaciers|dal Dallas Nightriders|nyi New York Ferrymen""",
}
_FIRST_NAMES = """Aaron Blake Caleb Damian Elias Felix Grant Hugo Isaac Jalen Kofi Luca Marcus Nico Omar Pavel
    Quentin Rafael Silas Tomas Ulises Victor Wyatt Xavier Yusuf Zane"""
_LAST_NAMES = """Abbott Brandt Castellano Dufresne Eriksen Fontaine Guerrero Halloran Ivanov Jefferson Kowalski
    Lindqvist Mbeki Nakamura Okafor Petrenko Quintero Rosenthal Sandoval Thibault Underwood Valdez Whitfield
    Yarbrough Zielinski"""


def roster(league: str) -> tuple[Team, ...]:
    """All teams of a league, always in the same order."""
    return tuple(_team(entry) for line in _ROSTERS[league].splitlines() for entry in line.strip().split("|"))


def players(rng: Random, count: int) -> list[str]:
    """Make up so many players' names, all different."""
    first_names = _FIRST_NAMES.split()
    return [f"{rng.choice(first_names)} {last_name}" for last_name in rng.sample(_LAST_NAMES.split(), count)]


def _team(entry: str) -> Team:
    abbreviation, name = entry.split(" ", 1)
    city, _, mascot = name.rpartition(" ")
    return Team(name, city, mascot, abbreviation, None)
