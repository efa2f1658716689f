"""Statements on a warehouse's file that no server has open, by the library of the orderly under test:
how a test damages it."""

import ctypes
import pathlib
import subprocess

from orderly_testing.process import binary


def _library() -> ctypes.CDLL:
    listed = subprocess.run(["ldd", binary()], capture_output=True, text=True, check=True).stdout
    paths = [line.split()[2] for line in listed.splitlines() if "libduckdb" in line]
    library = ctypes.CDLL(paths[0])
    library.duckdb_open.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    library.duckdb_connect.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    library.duckdb_query.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    return library


def execute(file: pathlib.Path, *statements: str) -> None:
    duckdb = _library()
    database, connection = ctypes.c_void_p(), ctypes.c_void_p()
    assert duckdb.duckdb_open(str(file).encode(), ctypes.byref(database)) == 0, f"{file} is not free"
    try:
        assert duckdb.duckdb_connect(database, ctypes.byref(connection)) == 0
        for statement in statements:
            assert duckdb.duckdb_query(connection, statement.encode(), None) == 0, statement
    finally:
        duckdb.duckdb_disconnect(ctypes.byref(connection))
        duckdb.duckdb_close(ctypes.byref(database))
