"""HTTP towards an EHR or any other FHIR server: reading, searching, writing, subscribing, and the right to do so.

Nothing here knows Flask, the store or what a criterion is. Whatever sends requests, tells the time
or sleeps is an argument.
"""
