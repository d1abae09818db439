#include "track/database.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <chrono>
#include <cmath>
#include <limits>
#include <thread>

#include "base/error.h"

namespace keelrow::track {
namespace {

constexpr std::chrono::milliseconds kPatience{10'000};

/// SQLite itself calls only ENOSPC full, and only in the database's own file.
bool IsOutOfSpace(int system_errno) {
  return system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG;
}

Code CodeFor(int result, int system_errno) {
  switch (result & 0xff) {
    case SQLITE_FULL:
      return Code::kDiskFull;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Code::kTimeout;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return Code::kCorrupt;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH:
      return Code::kPermission;
    case SQLITE_TOOBIG:
      return Code::kLimit;
    case SQLITE_IOERR:
      return IsOutOfSpace(system_errno) ? Code::kDiskFull : Code::kIo;
    default:
      return Code::kInternal;
  }
}

std::string HintFor(Code code) {
  if (code == Code::kTimeout) return "another process holds the store; try again when it is done";
  if (code == Code::kCorrupt) return "this file is not a store of Keelrow, or it is damaged";
  if (code == Code::kPermission) return "the file and its folder must be writable";
  if (code == Code::kDiskFull) return "free some space and repeat; nothing is half-written";
  return "";
}

[[noreturn]] void Throw(sqlite3* database, int result) {
  const Code code = CodeFor(result, errno);
  const char* name = sqlite3_db_filename(database, "main");
  throw Error(
      code, fmt::format("the store {}: {}", name == nullptr ? "" : name, sqlite3_errmsg(database)),
      {.hint = HintFor(code)});
}

void Check(sqlite3* database, int result) {
  if (result != SQLITE_OK) Throw(database, result);
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement::Statement(sqlite3* database, std::string_view sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  Check(database, sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &statement,
                                     nullptr));
  statement_.reset(statement);
}

Statement& Statement::Add(std::string_view text) {
  Check(database_, sqlite3_bind_text64(statement_.get(), ++parameters_, text.data(), text.size(),
                                       SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Statement& Statement::Add(int64_t number) {
  Check(database_, sqlite3_bind_int64(statement_.get(), ++parameters_, number));
  return *this;
}

Statement& Statement::Add(double number) {
  Check(database_, sqlite3_bind_double(statement_.get(), ++parameters_, number));
  return *this;
}

bool Statement::Step() {
  errno = 0;  // Throw looks at what a failing call leaves there
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  if (result != SQLITE_DONE) Throw(database_, result);
  return false;
}

std::string Statement::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return text == nullptr ? std::string() : std::string(text, static_cast<size_t>(size));
}

int64_t Statement::Integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::Real(int column) const {
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  return sqlite3_column_double(statement_.get(), column);
}

void Database::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

Database::Database(const std::filesystem::path& file) {
  sqlite3* database = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int result = sqlite3_open_v2(file.c_str(), &database, flags, nullptr);
  database_.reset(database);
  Check(database, result);
  sqlite3_extended_result_codes(database, 1);
  sqlite3_busy_timeout(database, static_cast<int>(kPatience.count()));
  SwitchToWal();
  RunScript("PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;");
}

void Database::SwitchToWal() {
  // SQLite does not wait for others here even with a busy timeout: several processes may meet at
  // a new file.
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    const int result =
        sqlite3_exec(database_.get(), "PRAGMA journal_mode=WAL", nullptr, nullptr, nullptr);
    if (result == SQLITE_OK) return;
    const bool busy = (result & 0xff) == SQLITE_BUSY;
    if (!busy || std::chrono::steady_clock::now() >= end) Throw(database_.get(), result);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void Database::RunScript(const std::string& sql) {
  errno = 0;
  Check(database_.get(), sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr));
}

Database::Transaction::~Transaction() {
  // A failed COMMIT may have ended the transaction already; then there is nothing to undo.
  if (!done_ && sqlite3_get_autocommit(database_.database_.get()) == 0) {
    sqlite3_exec(database_.database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

}  // namespace keelrow::track
