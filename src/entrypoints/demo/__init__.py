"""The demo: Tillbridge, a Codat simulator and a small shop, each as a process of its own."""
