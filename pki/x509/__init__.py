"""The pure core: values and bytes in, values and bytes out. Imports no Django.

keys, names, profiles, requests and issuing make a certificate; bundles, facts and
root_file render it; material and checks read what people bring from elsewhere.
"""
