"""Runs scim2-tester against a server and prints one JSON object a check."""

import json
import sys

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import check_server

url, token = sys.argv[1:]
client = SyncSCIMClient(Client(base_url=url, headers={"Authorization": f"Bearer {token}"}))
for result in check_server(client):
    print(json.dumps({
        "check": result.title,
        "resource": result.resource_type or "",
        "status": result.status.name.lower(),
        "text": result.reason or "",
    }))
