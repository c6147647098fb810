"""
The integrations that the simulator knows, as data.

The eleven that Codat lists for Sync for Commerce, more that Codat offers and
Sync for Commerce does not support, and sandboxes.
"""

from typing import NamedTuple


class Entry(NamedTuple):
    """One integration; `source_id` is empty where Codat publishes none."""

    key: str
    name: str
    source_type: str
    source_id: str = ""
    enabled: bool = True
    offline: bool = False
    beta: bool = False
    integration_id: str = ""


A, C, B = "Accounting", "Commerce", "Banking"

SUPPORTED = (
    Entry("qudb", "Exact (NL)", A, "bf8a9736-7133-4f03-bbde-d328714887c8"),
    Entry("pbbf", "Exact (UK)", A, "b0ff8466-1421-415b-a551-1dc3b73006f4"),
    Entry("fbrh", "FreeAgent", A, "3da57c23-a4fa-4bc8-8c02-a7a686ed8b36"),
    Entry("pdvj", "MYOB (Business)", A, "00812df4-8a0f-4f06-9566-16e5ca1346ae"),
    Entry("tgff", "Sage Accounting", A, "177d08a5-97f1-4442-80d7-d62e400a28db"),
    Entry("qhyg", "QuickBooks Online", A, "19eefa32-58a8-4097-b95a-ef150bf24fa0"),
    Entry(
        *("gbol", "Xero", A, "8a156a5a-39cb-4f9d-856e-76ef9b9a9607"),
        integration_id="0f20c943-12d0-4800-9f6c-d218f62d494c",
    ),
    Entry("fqly", "Clover", C, "83a4ef46-a57d-4d2a-ace7-39fe279f43f8"),
    Entry("ldgh", "Lightspeed K", C, "e221662a-dda4-45e0-8f73-5563183a875a"),
    Entry("fztf", "Shopify", C, "853b004f-3a02-4a73-a13f-3eded3d2f361"),
    Entry("ugxp", "Zettle", C, "ce91071b-51bf-4a9e-91a2-4d2eca672a56"),
)

UNSUPPORTED = (
    Entry("pqsw", "QuickBooks Desktop", A, offline=True),
    Entry("akxx", "NetSuite", A),
    Entry("hbql", "Sage 50", A, enabled=False, offline=True),
    Entry("jcrp", "Sage 200cloud", A, enabled=False),
    Entry("knfz", "Sage Intacct", A),
    Entry("trji", "Dynamics 365 Business Central", A, enabled=False),
    Entry("vxvy", "FreshBooks", A),
    Entry("pbtz", "Wave", A, beta=True),
    Entry("rwuv", "Zoho Books", A),
    Entry("rvam", "Workday", A, enabled=False),
    Entry("qkdj", "Amazon Seller Central", C),
    Entry("vqzp", "BigCommerce", C),
    Entry("zsth", "Square", C),
    Entry("exgd", "Stripe", C),
    Entry("ltpp", "WooCommerce", C),
    Entry("dfxm", "Basiq", B),
)

SANDBOXES = (
    Entry("mqjo", "Sandbox", A),
    Entry("ndsk", "QuickBooks Online Sandbox", A, "19eefa32-58a8-4097-b95a-ef150bf24fa0"),
    Entry("aiwb", "Commerce Sandbox", C),
    Entry("lrhd", "Lightspeed K Sandbox", C, "e221662a-dda4-45e0-8f73-5563183a875a"),
    Entry("ltes", "Lightspeed K Trial", C, "e221662a-dda4-45e0-8f73-5563183a875a"),
)

ENTRIES = SUPPORTED + UNSUPPORTED + SANDBOXES

# Codat's own names for connectors that appear in its samples.
CONNECTOR_NAMES = {"lqai": "Partner Commerce", "dfxm": "Accounting Package"}

READS = {
    A: ("chartOfAccounts", "company", "customers", "suppliers", "taxRates", "paymentMethods"),
    C: ("commerce-orders", "commerce-payments", "commerce-transactions", "commerce-locations"),
    B: ("banking-accounts", "banking-transactions"),
}
WRITES = {A: ("invoices", "journalEntries", "payments", "directCosts"), C: (), B: ()}
