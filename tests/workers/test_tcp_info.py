"""What the kernel knows of a connection."""

import asyncio

from workers.tcp_info import bytes_acknowledged

COUNT = 100_000


def test_what_the_peer_has_taken_is_known() -> None:
    async def scenario() -> None:
        transports: list[asyncio.WriteTransport] = []

        def write(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            transports.append(writer.transport)
            writer.write(bytes(COUNT))

        server = await asyncio.start_server(write, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        await reader.readexactly(COUNT)
        (transport,) = transports
        while bytes_acknowledged(transport) < COUNT:
            await asyncio.sleep(0.01)
        assert bytes_acknowledged(transport) == COUNT
        writer.close()
        server.close()

    asyncio.run(scenario())
