"""`serve --demo`: a database of its own that starts empty, a ready-made key, and the lines to try."""

import time
from pathlib import Path

from msgspec.structs import replace

from broker import journal, keys
from broker.keys import KeyStore
from broker.messages import CHANNELS
from broker.settings import Settings

DEMO_DIR = "demo"
KEY_LIFE_MS = 24 * 3600 * 1000

INVITATION = """\
The demo is running: about a dozen simulated games, 20 books, 100 to 300 price changes a second.

  key       {key}
  game feed {address}/ws/live
  odds feed {address}/ws/odds
  page      {page}

Try, in another terminal:

  {command} watch odds --url {address} --key {key}

  npx wscat -c '{address}/ws/live?key={key}'

  .venv/bin/python - <<'END'
  from websockets.sync.client import connect
  with connect("{address}/ws/odds?key={key}") as subscriber:
      for message in subscriber:
          print(message)
  END

Ctrl-C ends it.
"""


def prepare(settings: Settings) -> tuple[Settings, str]:
    """Make the demo's database and key; those of an earlier demo go, those of a real service are not touched.

    Returns:
        The settings to run the demo with, and what to tell the person who started it.

    Raises:
        OSError: if the directory can't be used.
        KeyStoreError: if the key can't be stored.
    """
    data_dir = Path(settings.data_dir) / DEMO_DIR
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in (journal.DATABASE_NAME, keys.DATABASE_NAME):
        for old in data_dir.glob(f"{name}*"):
            old.unlink()
    now_ms = time.time_ns() // 1_000_000
    key = KeyStore(data_dir / keys.DATABASE_NAME).create("demo", now_ms + KEY_LIFE_MS, None, CHANNELS, now_ms)
    address = f"{'wss' if settings.tls_cert else 'ws'}://{settings.host}:{settings.port}"
    page = f"http://{settings.http_host}:{settings.http_port}/"
    invitation = INVITATION.format(key=key, address=address, page=page, command="scripts/run")
    return replace(settings, data_dir=str(data_dir)), invitation
