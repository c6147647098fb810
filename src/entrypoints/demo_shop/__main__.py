"""`python -m entrypoints.demo_shop --port 8003`: the shop on its own."""

import argparse
import os

import httpx
import uvicorn

from entrypoints.demo_shop.app import create_shop


def main() -> None:
    """
    Serve the shop until SIGINT or SIGTERM.

    SHOP_TILLBRIDGE_URL is Tillbridge's address, SHOP_OPERATOR_KEY one of its operator keys.
    """
    parser = argparse.ArgumentParser(description="The demo shop, without passwords.")
    parser.add_argument("--port", type=int, default=8003)
    port = parser.parse_args().port
    operator_key = os.environ.get("SHOP_OPERATOR_KEY")
    if not operator_key:
        parser.error("SHOP_OPERATOR_KEY has to hold one of Tillbridge's operator keys")
    http = httpx.AsyncClient(
        base_url=os.environ.get("SHOP_TILLBRIDGE_URL", "http://127.0.0.1:8000"),
        headers={"Authorization": f"Bearer {operator_key}"},
        timeout=5,
        trust_env=False,
    )
    uvicorn.run(
        create_shop(http),
        port=port,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    main()
