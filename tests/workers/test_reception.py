"""What an address may have under way, and what a good request takes of it."""

from entrance import KEY, REQUEST, Transport, arrive, door

PROXY = "127.0.0.1"


def asked_by(client: str) -> bytes:
    """A request as a proxy passes it on."""
    return REQUEST.replace(b"Host: x", b"Host: x\r\nX-Forwarded-For: 192.0.2.77, " + client.encode())


def test_a_client_has_the_address_that_its_proxy_saw_from_its_request_on() -> None:
    one = door(trusted_proxies=PROXY)
    silent, asking = arrive(one, Transport(PROXY)), arrive(one, Transport(PROXY), asked_by("192.0.2.2"))
    assert (silent.address, asking.address) == (PROXY, "192.0.2.2")
    assert arrive(one, Transport("192.0.2.3"), asked_by("192.0.2.2")).address == "192.0.2.3"


def test_what_is_limited_for_an_address_is_limited_for_the_client_s_and_not_for_its_proxy() -> None:
    one = door(seats=3, trusted_proxies=PROXY, handshakes_per_address=1, seats_per_address=1)
    statuses = []
    for client in ("192.0.2.2", "192.0.2.3", "192.0.2.2"):
        # The proxy has another handshake under way all along.
        arrive(one, Transport(PROXY))
        transport = Transport(PROXY)
        arrive(one, transport, asked_by(client))
        statuses.append(transport.status)
    assert statuses == [101, 101, 429]


def test_pages_of_named_origins_may_connect_and_no_others() -> None:
    one = door(seats=9, origins="https://a.example, https://b.example")
    for origin, status in (("https://a.example", 101), ("https://b.example", 101), ("https://c.example", 403)):
        transport = Transport()
        arrive(one, transport, REQUEST.replace(b"Host: x", b"Host: x\r\nOrigin: " + origin.encode()))
        assert transport.status == status, origin
    assert one.counts().refused == {"origin": 1}


def test_an_address_may_have_only_so_many_handshakes_under_way() -> None:
    one = door(seats=9, handshakes_per_address=2)
    first, second, third, other = Transport(), Transport(), Transport(), Transport("192.0.2.2")
    slow = arrive(one, first)
    arrive(one, second)
    arrive(one, third)
    arrive(one, other)
    assert (third.status, third.closed) == (429, True)
    assert b"2 handshakes under way" in third.written
    assert not any(transport.written for transport in (first, second, other))
    # Whoever is in, or gone, is under way no longer.
    slow.data_received(REQUEST)
    assert first.status == 101
    again = Transport()
    arrive(one, again, REQUEST)
    assert again.status == 101
    assert one.counts().refused == {"address_handshakes": 1}


def test_of_too_many_handshakes_the_oldest_gives_way() -> None:
    one = door(seats=9, handshakes=2)
    transports = [Transport(f"192.0.2.{number}") for number in range(3)]
    for transport in transports:
        arrive(one, transport)
    assert [transport.status for transport in transports] == [503, 0, 0]
    assert transports[0].closed
    assert one.counts().refused == {"handshakes": 1}


def test_wrong_keys_of_one_address_are_429_after_a_while_and_good_ones_still_open() -> None:
    one = door(seats=9, wrong_keys_per_minute=3)
    wrong = REQUEST.replace(KEY.encode(), b"pn_live_" + b"x" * 32)
    statuses = []
    for _ in range(5):
        transport = Transport()
        arrive(one, transport, wrong)
        statuses.append(transport.status)
    assert statuses == [401, 401, 401, 429, 429]
    elsewhere, good = Transport("192.0.2.2"), Transport()
    arrive(one, elsewhere, wrong)
    arrive(one, good, REQUEST)
    assert (elsewhere.status, good.status) == (401, 101)
    assert one.counts().refused == {"key": 4, "wrong_keys": 2}


def test_an_address_may_have_only_its_share_of_the_seats() -> None:
    one = door(seats=9, seats_per_address=2)
    transports = [Transport() for _ in range(3)]
    connections = [arrive(one, transport, REQUEST) for transport in transports]
    assert [transport.status for transport in transports] == [101, 101, 429]
    assert b"limit of 2 simultaneous connections" in transports[2].written
    for connection in (connections[2], connections[0]):
        connection.connection_lost(None)
    again = Transport()
    arrive(one, again, REQUEST)
    assert again.status == 101


def test_each_worker_sees_to_its_part_of_an_address_share() -> None:
    one = door(seats=9, seats_per_address=3, workers=2)
    transports = [Transport() for _ in range(3)]
    for transport in transports:
        arrive(one, transport, REQUEST)
    assert [transport.status for transport in transports] == [101, 101, 429]


def test_a_request_of_old_http_is_400_and_names_what_a_proxy_lacks() -> None:
    transport = Transport()
    arrive(door(seats=1), transport, REQUEST.replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert transport.status == 400
    assert b"HTTP/1.0, but WebSocket needs HTTP/1.1" in transport.written
