"""Variables of other programs are taken out of the environment; ours and the system's stay."""

from services.foreign_variables import remove_foreign_variables


def test_what_steers_our_libraries_from_outside_is_removed() -> None:
    stray = ["PGHOST", "PGHOSTADDR", "PGOPTIONS", "PGSERVICE", "CIPHER_KEY", "MAPPER_TOPIC", "POSTGRES_DBNAME"]
    stray += ["KYRIOS_POSTGRES_ENABLE_DB_FUNCTIONS", "PERSISTENCE_MODULE", "CREATE_TABLE", "APPLICATION_RECORDER_TOPIC"]
    environment = dict.fromkeys([*stray, "PATH", "HOME", "LANG", "KYRIOS_XERO_PG_BIN", "KYRIOS_XERO_HOME"], "x")
    assert remove_foreign_variables(environment) == tuple(sorted(stray))
    assert set(environment) == {"PATH", "HOME", "LANG", "KYRIOS_XERO_PG_BIN", "KYRIOS_XERO_HOME"}
