"""
An example of a platform: a back office that sends its merchants to Tillbridge.

Start reading at `app`: it is all that a platform has to write. It knows Tillbridge by its
HTTP API only. For trying out: merchants log in without a password.
"""
