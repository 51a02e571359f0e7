"""What has to survive a killed process, in SQLite or PostgreSQL: the only SQL of the service.

`engine` opens a database and `migration` brings its tables up to date. Each other module keeps one thing:

- `inbox`: notifications that were accepted; `feeds`: the state of every subscription and of its event counter
- `screenings`: whom to screen, and when; `assessments`: what was found, append-only, with what holds now
- `outbox`: what should stand in the target; `published`: what was written there, and what people set
- `launches`: who opened a patient's page from an EHR, for as long as it lasts, `sealed` from whoever has the database
- `cards`: what was shown to clinicians, and what they did with it
- `tokens`: which tokens of callers were used already
- `stops`: whose writes are stopped at once
- `audit`: who did what; `retention`: what is forgotten, by age or for one patient

No function reads a clock: `now` is a parameter, an aware datetime. Every function takes a `Store` and is one
transaction of its own, or part of a larger one where it is given what `Store.transaction` yields. Raises
StoreUnavailable where the database does not answer, StoreOutdated where its tables are not those of this version, and
InvalidValue for what cannot be stored. No error repeats what was to be stored.
"""
