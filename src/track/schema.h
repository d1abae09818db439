#pragma once

#include "track/database.h"

namespace keelrow::track {

/// Brings the file to the newest version of the schema, all migrations in one transaction;
/// several processes may do so at once. Throws kCorrupt for another
/// program's database, kUnsupported for one that a newer Keelrow wrote.
void Migrate(Database& database, const std::string& file);

}  // namespace keelrow::track
