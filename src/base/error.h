#pragma once

#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace keelrow {

/// Every way in which Keelrow can fail. One table (error.cpp) gives each its K-number, exit code,
/// HTTP status, whether a retry can help, and the text of `keelrow help-error`.
enum class Code {
  kInternal,
  kUsage,
  kSyntax,
  kUnknownKey,
  kBadValue,
  kMissingKey,
  kNotFound,
  kPermission,
  kDiskFull,
  kIo,
  kCorrupt,
  kUnsupported,
  kLimit,
  kUnsafe,
  kBadExample,
  kNoData,
  kQuality,
  kLeak,
  kStepFailed,
  kDiverged,
  kGate,
  kLock,
  kConflict,
  kUnauthenticated,
  kForbidden,
  kBadRequest,
  kTooLarge,
  kTimeout,
  kOverloaded,
  kPortInUse,
  kRateLimited,
  kEnvironment,
  kInterrupted,
};

/// One row of the error table.
struct CodeInfo {
  Code code;
  std::string_view number;  // "K0102"
  std::string_view name;    // "unknown_key", also the `error` of HTTP answers
  int exit_code;            // 0 done, 1 failed, 2 usage or bad input, 3 environment
  int http_status;
  bool retryable;
  std::string_view help;  // what it means and what to do, for `keelrow help-error`
};

/// All rows, in the order of `Code`.
std::span<const CodeInfo> ErrorTable();
const CodeInfo& Info(Code code);
/// The row of "K0102", or null.
const CodeInfo* FindCode(std::string_view number);

/// Where in a user's input the fault lies. Lines and columns count from 1; 0 means unknown.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;

  std::string ToString() const;
  bool operator==(const Place&) const = default;
};

/// What an error may have beside its message.
struct ErrorParts {
  std::string hint = {};
  Place place = {};
};

/// The one exception type. `message` names the file, key or row; `hint` says what to do.
class Error : public std::exception {
 public:
  Error(Code code, std::string message, ErrorParts parts = {});

  /// The same error with an outer message; the inner one becomes its cause.
  Error Wrap(std::string outer_message) const;
  Error At(Place place) const;

  Code code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::string& hint() const { return parts_.hint; }
  const Place& place() const { return parts_.place; }
  const Error* cause() const { return cause_.get(); }
  const char* what() const noexcept override { return what_.c_str(); }

  /// As the command line prints it: `error[K0102]: …`, place, hint, causes.
  std::string Render() const;

 private:
  Code code_;
  std::string message_;
  ErrorParts parts_;
  std::shared_ptr<const Error> cause_;
  std::string what_;
};

/// The present errno as an Error: kNotFound, kPermission, kDiskFull or kIo.
Error ErrnoError(std::string_view action, const std::string& path);

/// Anything that was thrown, as an Error: one of ours stays, what the operating system refused gets
/// its code, the rest is kInternal. For the outermost catch of a program.
Error AsError(const std::exception& failure);

}  // namespace keelrow
