"""A server that keeps the contracts, for clients to be written against and for the suite to be measured by.

clock, credentials, database    what every API's server is built from, gathered in a Setting
<slug>/                         one folder for each API: its server, its store, its provider states
app                             the application: the routes of the APIs asked for, provider states, a front page
serve                           the application on a port
variations, faulty/, lenient/   servers that differ from the reference in one respect, by name
"""
