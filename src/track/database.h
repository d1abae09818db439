#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace keelrow::track {

/// SQLite behind values and our errors; private to track/. SQLITE_FULL becomes kDiskFull,
/// a lock held for longer than the patience kTimeout, a damaged or foreign file kCorrupt.
/// One thread at a time.

/// One statement with its parameters; rows are read from left to right, columns from 0.
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);

  Statement& Add(std::string_view text);
  Statement& Add(const char* text) { return Add(std::string_view(text)); }
  Statement& Add(const std::string& text) { return Add(std::string_view(text)); }
  Statement& Add(int64_t number);
  Statement& Add(int number) { return Add(int64_t{number}); }
  Statement& Add(double number);  // NaN becomes NULL

  /// True when there is a row to read.
  bool Step();
  std::string Text(int column) const;
  int64_t Integer(int column) const;
  double Real(int column) const;  // NULL becomes NaN

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int parameters_ = 0;
};

class Database {
 public:
  /// Opens or makes the file, in WAL mode and synchronous=FULL: a commit is on the disk.
  explicit Database(const std::filesystem::path& file);

  /// Several statements without parameters or rows.
  void RunScript(const std::string& sql);

  template <class... Values>
  Statement Query(std::string_view sql, const Values&... values) const {
    Statement statement(database_.get(), sql);
    (statement.Add(values), ...);
    return statement;
  }
  template <class... Values>
  void Execute(std::string_view sql, const Values&... values) {
    Statement statement = Query(sql, values...);
    while (statement.Step()) {
    }
  }

  /// Calls `work` in a write transaction; whatever it throws undoes everything.
  template <class F>
  auto Write(F work) {
    Transaction transaction(*this);
    if constexpr (std::is_void_v<decltype(work())>) {
      work();
      transaction.Commit();
    } else {
      auto result = work();
      transaction.Commit();
      return result;
    }
  }

 private:
  class Transaction {
   public:
    explicit Transaction(Database& database) : database_(database) {
      database_.Execute("BEGIN IMMEDIATE");  // the lock first: no upgrade, so no deadlock
    }
    ~Transaction();
    Transaction(const Transaction&) = delete;
    void Commit() {
      database_.Execute("COMMIT");
      done_ = true;
    }

   private:
    Database& database_;
    bool done_ = false;
  };

  struct Close {
    void operator()(sqlite3* database) const;
  };
  void SwitchToWal();

  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace keelrow::track
