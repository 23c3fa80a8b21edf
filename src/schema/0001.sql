-- The mirror's first schema. Dates and times are ISO 8601 text; times are UTC.
-- E-mail addresses are not unique here: two people may swap theirs in one plan, and SQLite checks row by row.

-- One row.
CREATE TABLE mirror (
    only_row         INTEGER PRIMARY KEY CHECK (only_row = 1),
    -- Random: tells this mirror from every other one, copies made before its last approved restore among them. NULL until its first
    -- witness is written.
    name             TEXT,
    -- Where its second witness was written last: it is missed there.
    second_witness   TEXT,
    generation       INTEGER NOT NULL,
    account          TEXT,
    import_id_source TEXT,
    -- Whether `connect --replace` gave it to another company since the last run in step.
    replaced         INTEGER NOT NULL DEFAULT 0 CHECK (replaced IN (0, 1)),
    -- JSON: who has the feed that people, groups and columns add up to or, where it is not settled, who is to have it.
    given            TEXT NOT NULL DEFAULT '"nobody"',
    -- JSON: the headers of the feed in its order, each with what fills it, and how its lines end.
    columns          TEXT NOT NULL DEFAULT '[[],"lf"]',
    -- JSON: the attributes that could be read.
    readable         TEXT NOT NULL DEFAULT '[]',
    -- JSON: what the names in the configuration stood for; they win over what is called so at Personio now. Of an address there is
    -- the fingerprint.
    names            TEXT NOT NULL DEFAULT '{}'
) STRICT;

INSERT INTO mirror (only_row, generation) VALUES (1, 0);

-- What is never undone. One row.
CREATE TABLE counters (
    only_row    INTEGER PRIMARY KEY CHECK (only_row = 1),
    -- The highest generation there ever was: an undone one is never given again.
    generations INTEGER NOT NULL,
    -- Grows with every change of what a plan rests on, also where no run ends in step.
    writes      INTEGER NOT NULL
) STRICT;

INSERT INTO counters (only_row, generations, writes) VALUES (1, 0, 0);

CREATE TABLE runs (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Tells it from the run of the same number in a copy of the mirror.
    token          TEXT NOT NULL DEFAULT (lower(hex(randomblob(8)))),
    command        TEXT NOT NULL,
    started_at     TEXT NOT NULL,
    pid            INTEGER NOT NULL,
    -- Everything below is empty while the run lasts, and for ever where it was interrupted.
    finished_at    TEXT,
    exit_code      INTEGER,
    -- Words, and notes and rules below, are about people: they are kept as long as values are.
    message        TEXT,
    -- JSON: the next steps.
    hints          TEXT,
    -- Where it failed.
    failed_at      TEXT CHECK (failed_at IN ('look', 'decide', 'deliver')),
    digest         TEXT,
    applied        INTEGER NOT NULL DEFAULT 0 CHECK (applied IN (0, 1)),
    -- JSON: the rules that held its plan, each as its kind with its numbers.
    held_by        TEXT,
    -- Whether it took in columns that were new.
    new_columns    INTEGER NOT NULL DEFAULT 0 CHECK (new_columns IN (0, 1)),
    -- The digest that a person named, in this run or in an earlier one whose delivery did not arrive. Noted before anything is
    -- sent, and spent when the run ends in step.
    approved_by    TEXT,
    approved_earlier INTEGER NOT NULL DEFAULT 0 CHECK (approved_earlier IN (0, 1)),
    -- JSON: who named it, as was said when it was entered, by which user and on which machine; that this run repeats an
    -- earlier approval changes nothing of it.
    approver       TEXT,
    generation     INTEGER,
    added          INTEGER,
    updated        INTEGER,
    removed        INTEGER,
    groups_added   INTEGER,
    groups_renamed INTEGER,
    groups_removed INTEGER,
    columns_added   INTEGER,
    columns_changed INTEGER,
    columns_removed INTEGER,
    layout_changed  INTEGER,
    -- JSON: how many changes of each kind it made of the mirror; a first delivery makes none.
    mirror_changes TEXT,
    -- Afterwards; from the moment on in which its feed set out.
    people         INTEGER,
    groups         INTEGER,
    -- Whether it came to notes, also where there are none.
    noted          INTEGER NOT NULL DEFAULT 0 CHECK (noted IN (0, 1)),
    -- Whether it could not believe this machine's clock; from the moment on in which its feed set out.
    clock_in_doubt INTEGER NOT NULL DEFAULT 0 CHECK (clock_in_doubt IN (0, 1)),
    -- What people were told of it by mail, in one word; empty where no mail was sent.
    notified       TEXT,
    -- The addresses of [notify] to that the next run tells again, with a space between two.
    owed           TEXT,
    CHECK ((finished_at IS NULL) = (exit_code IS NULL))
) STRICT;

-- What runs noted, each note once for all runs in a row that have it.
CREATE TABLE notes (
    id        INTEGER PRIMARY KEY,
    -- JSON: its kind with ids, keys, dates and numbers.
    note      TEXT NOT NULL,
    first_run INTEGER NOT NULL REFERENCES runs,
    -- Runs between the two that came to no notes do not count.
    last_run  INTEGER NOT NULL REFERENCES runs
) STRICT;

CREATE INDEX notes_by_run ON notes (last_run, first_run);

-- Who was ever in Honestly. Rows are never deleted: a removed person leaves the import id, when and why, and nothing else.
CREATE TABLE identities (
    employee    INTEGER PRIMARY KEY,
    -- Empty where a new profile of the same person has it.
    import_id   TEXT UNIQUE,
    removed_on  TEXT,
    removed_run INTEGER REFERENCES runs,
    -- JSON, as in `journal`: a kind with its dates and keys.
    reason      TEXT,
    -- Whether a plan that a person approved showed that they go, or that they went. Who was not seen counts for seven days.
    seen        INTEGER NOT NULL DEFAULT 0 CHECK (seen IN (0, 1)),
    -- That profile. No reference: without an index, taking rows back would search the whole table for each.
    returned_as INTEGER,
    -- Whether a line of an adopted file fits this person by the import id alone, and no plan has shown yet who it becomes.
    unproven    INTEGER NOT NULL DEFAULT 0 CHECK (unproven IN (0, 1)),
    -- The last run with a plan that showed a person how they become somebody else: who they were before it counts no longer.
    shown_run   INTEGER REFERENCES runs,
    CHECK ((removed_on IS NULL) = (removed_run IS NULL) AND (removed_on IS NULL) = (reason IS NULL)),
    CHECK ((import_id IS NULL) = (returned_as IS NOT NULL) AND (returned_as IS NULL OR removed_on IS NOT NULL))
) STRICT;

-- What decided who is in, as JSON, each once.
CREATE TABLE scopes (
    id    INTEGER PRIMARY KEY,
    scope TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE employees (
    employee   INTEGER PRIMARY KEY REFERENCES identities,
    email      TEXT NOT NULL,
    first_name TEXT NOT NULL,
    last_name  TEXT NOT NULL,
    language   TEXT,
    supervisor INTEGER REFERENCES employees DEFERRABLE INITIALLY DEFERRED,
    -- JSON: the numbers of their groups, ascending. A row for each membership would be ten times as many rows, and as many
    -- look-ups for a foreign key. None is needed: a plan's snapshot has every group that somebody belongs to, a group that is
    -- not in the mirror has no number to write, and a mirror with a number of no group is refused when it is read.
    groups     TEXT NOT NULL DEFAULT '[]',
    -- The one under which they were last decided; empty until a run in step has met them.
    scope      INTEGER REFERENCES scopes,
    -- Whether the address was made here, because Personio has none.
    placeholder INTEGER NOT NULL DEFAULT 0 CHECK (placeholder IN (0, 1))
) STRICT;

-- Without it, every removal would search the whole table for people who report to the person removed.
CREATE INDEX employees_by_supervisor ON employees (supervisor);

-- A person's own value: Personio's id or, where it has none, the text without case, before any mapping. Several may have one name.
CREATE TABLE groups (
    id           INTEGER PRIMARY KEY,
    attribute    TEXT NOT NULL,
    origin_id    INTEGER,
    origin_value TEXT,
    name         TEXT NOT NULL,
    UNIQUE (attribute, origin_id),
    UNIQUE (attribute, origin_value),
    CHECK ((origin_id IS NULL) <> (origin_value IS NULL))
) STRICT;

-- For whoever looks with the sqlite3 shell.
CREATE VIEW memberships (employee, group_id) AS
    SELECT employee, value FROM employees, json_each(employees.groups);

-- What the last delivery left at each destination.
CREATE TABLE deliveries (
    destination  TEXT PRIMARY KEY,
    run          INTEGER NOT NULL REFERENCES runs,
    -- JSON: when, its size and hash, and what became of it.
    delivery     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Feeds that set out and are not known to have arrived.
CREATE TABLE unsettled (
    run         INTEGER PRIMARY KEY REFERENCES runs,
    -- JSON: where to, when, its size and hash.
    sent        TEXT NOT NULL,
    -- Whether what undoes it is still kept.
    undoable    INTEGER NOT NULL DEFAULT 1 CHECK (undoable IN (0, 1))
) STRICT;

-- Other files that stood at a destination, each once, and that no feed is known to have replaced.
CREATE TABLE other_files (
    id          INTEGER PRIMARY KEY,
    -- The URL.
    destination TEXT NOT NULL,
    -- A hash where it can be read, else its size and time.
    hash        TEXT NOT NULL,
    -- The last time, and the run that saw it then.
    seen_at     TEXT NOT NULL,
    run         INTEGER NOT NULL REFERENCES runs,
    -- JSON: names by import id; empty where it cannot be read as a feed.
    people      TEXT,
    -- When the file that the last delivery had left was written, by the destination's clock; empty where that is not known.
    instead_of  INTEGER,
    -- The run whose approved feed set out to replace it.
    answered_by INTEGER REFERENCES unsettled ON DELETE SET NULL,
    UNIQUE (destination, hash)
) STRICT;

-- What undoes them: each row of the mirror as it was before such a run changed it.
CREATE TABLE undo (
    id    INTEGER PRIMARY KEY,
    run   INTEGER NOT NULL REFERENCES unsettled,
    -- The table, and the number of its row.
    place TEXT NOT NULL,
    row   INTEGER NOT NULL,
    -- JSON: every value of the row; NULL where there was none.
    image TEXT
) STRICT;

-- Plans that runs held and told, as long as they can be approved.
CREATE TABLE held (
    digest       TEXT PRIMARY KEY,
    -- The run that told it first, and when one told it last.
    run          INTEGER NOT NULL REFERENCES runs,
    told_at      TEXT NOT NULL,
    -- JSON: what an approval of it is good for.
    place        TEXT NOT NULL,
    -- JSON: the rules that it broke.
    rules        TEXT NOT NULL,
    -- JSON: whom it removes and who stayed in a run under its approval.
    stayed       TEXT NOT NULL,
    -- Whether it takes in columns that were new.
    new_columns  INTEGER NOT NULL CHECK (new_columns IN (0, 1)),
    -- The run in which a person approved it, as long as it was not carried out.
    approved_run INTEGER REFERENCES runs
) STRICT;

-- What they would make of the mirror: each row that would change, as it would be.
CREATE TABLE held_rows (
    digest TEXT NOT NULL REFERENCES held ON DELETE CASCADE,
    -- The table, and the number of its row.
    place  TEXT NOT NULL,
    row    INTEGER NOT NULL,
    -- JSON: every value of the row; NULL where it would go.
    image  TEXT,
    PRIMARY KEY (digest, place, row)
) STRICT, WITHOUT ROWID;

-- What every applied run changed: a row for each person, each group and each column, and one for the layout of the file.
CREATE TABLE journal (
    id           INTEGER PRIMARY KEY,
    run          INTEGER NOT NULL REFERENCES runs,
    kind         TEXT NOT NULL
                 CHECK (kind IN ('add', 'update', 'remove', 'group_add', 'group_rename', 'group_remove',
                                 'column_add', 'column_change', 'column_remove', 'layout_change')),
    employee     INTEGER REFERENCES identities,
    attribute    TEXT,
    origin_id    INTEGER,
    origin_value TEXT,
    header       TEXT,
    -- JSON: name, before and after of each changed field; of a group, whose name is what changes, one without a name.
    fields       TEXT NOT NULL,
    reason       TEXT,
    -- Whether the values in `fields` were kept as long as they are kept, and are gone.
    erased       INTEGER NOT NULL DEFAULT 0 CHECK (erased IN (0, 1)),
    CHECK ((employee IS NOT NULL) + (attribute IS NOT NULL) + (header IS NOT NULL) = (kind <> 'layout_change'))
) STRICT;

-- With `erased`, so that every run finds what is left to erase without passing over what it erased years ago.
CREATE INDEX journal_by_run ON journal (run, erased);
CREATE INDEX journal_by_employee ON journal (employee, erased);

-- Field by field, for whoever looks with the sqlite3 shell.
CREATE VIEW changes (run, kind, employee, attribute, origin_id, origin_value, header, field, before, after, reason) AS
    SELECT run, kind, employee, attribute, origin_id, origin_value, header, value ->> 0, value ->> 1, value ->> 2, reason
    FROM journal, json_each(journal.fields);
