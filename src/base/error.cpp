#include "base/error.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>

namespace keelrow {
namespace {

// clang-format off
constexpr auto kTable = std::to_array<CodeInfo>({
  {Code::kInternal, "K0001", "internal", 1, 500, false,
   "A fault in Keelrow itself. Please report it with the command and what it printed."},
  {Code::kUsage, "K0100", "usage", 2, 400, false,
   "The command line cannot be understood. `keelrow --help` and `keelrow COMMAND --help` list what there is."},
  {Code::kSyntax, "K0101", "syntax", 2, 400, false,
   "A file or a request body is not well-formed YAML, JSON or CSV. The place named is where reading stopped."},
  {Code::kUnknownKey, "K0102", "unknown_key", 2, 400, false,
   "The project file has a key that Keelrow does not know. Keys are listed in docs/project-file.md; a near name is suggested."},
  {Code::kBadValue, "K0103", "bad_value", 2, 400, false,
   "A value has the wrong type, unit or range. The message says what is expected: durations carry a unit (`2ms`, `24h`), sizes too (`10MB`)."},
  {Code::kMissingKey, "K0104", "missing_key", 2, 400, false,
   "A required key is absent."},
  {Code::kNotFound, "K0200", "not_found", 2, 404, false,
   "A file, model, run or step with that name does not exist."},
  {Code::kPermission, "K0201", "permission", 3, 500, false,
   "The operating system refused access to a file or folder. Check its owner and mode."},
  {Code::kDiskFull, "K0202", "disk_full", 3, 507, true,
   "No space is left where Keelrow writes. Nothing half-written is kept: free some space and run again; finished steps are not repeated."},
  {Code::kIo, "K0203", "io", 3, 500, true,
   "Reading or writing failed in the operating system."},
  {Code::kCorrupt, "K0204", "corrupt", 2, 400, false,
   "Bytes are damaged: a checksum differs, or a file ends too early. Make it again, or fetch it again."},
  {Code::kUnsupported, "K0205", "unsupported", 2, 415, false,
   "The format, or the version of the format, is one that this program does not read. The message says which program writes it."},
  {Code::kLimit, "K0206", "limit", 2, 413, false,
   "An input is larger, deeper or longer than Keelrow accepts, to protect itself from hostile input."},
  {Code::kUnsafe, "K0207", "unsafe", 2, 422, false,
   "A file asks whoever opens it to run code. Nothing of it was run. Fetch it from somebody you trust, in a format that holds values only, such as safetensors."},
  {Code::kBadExample, "K0300", "bad_example", 2, 422, false,
   "An example cannot be used: an unreadable picture, a missing file, a row without a label."},
  {Code::kNoData, "K0301", "no_data", 2, 422, false,
   "The source holds too little to train on: no examples, a single class, or a class too small to be split."},
  {Code::kQuality, "K0302", "quality", 1, 422, false,
   "The data does not meet the limits of `data.quality`. `keelrow data check` prints the table; `on_violation: clean` sets bad examples aside."},
  {Code::kLeak, "K0303", "leak", 1, 422, false,
   "Equal examples stand on both sides of a split, so the test would flatter the model. Remove them, or allow it with `data.split.allow_duplicates`."},
  {Code::kStepFailed, "K0400", "step_failed", 1, 500, false,
   "A step of the pipeline ended with an error. Its log is named in the message; what was finished before is kept."},
  {Code::kDiverged, "K0401", "diverged", 1, 500, false,
   "The loss is no longer a number. Lower the learning rate, or clip gradients; the last good checkpoint is kept."},
  {Code::kGate, "K0402", "gate", 1, 409, false,
   "A model did not pass the project's gate, so it was not promoted. The table shows each condition with its value."},
  {Code::kLock, "K0403", "lock", 1, 409, false,
   "With --locked, what would run differs from keelrow.lock. Run without --locked to renew the lock, and commit it."},
  {Code::kConflict, "K0404", "conflict", 1, 409, true,
   "Somebody else changed or holds the same thing. Look again, then repeat."},
  {Code::kUnauthenticated, "K0500", "unauthenticated", 1, 401, false,
   "The request carries no valid token. `keelrow token` makes one; it lasts 24 hours unless configured otherwise."},
  {Code::kForbidden, "K0501", "forbidden", 1, 403, false,
   "The token is valid but does not allow this operation."},
  {Code::kBadRequest, "K0502", "bad_request", 2, 400, false,
   "The request cannot be understood."},
  {Code::kTooLarge, "K0503", "too_large", 2, 413, false,
   "The body or a header is larger than the server's limit (`serve.limits`)."},
  {Code::kTimeout, "K0504", "timeout", 1, 504, true,
   "Something did not finish within its deadline."},
  {Code::kOverloaded, "K0505", "overloaded", 1, 503, true,
   "The server has more work than it may queue. Retry after the time named in Retry-After."},
  {Code::kPortInUse, "K0506", "port_in_use", 3, 500, true,
   "Another program listens on that port. Stop it, or choose another with --port (0 takes any free one)."},
  {Code::kRateLimited, "K0507", "rate_limited", 1, 429, true,
   "More requests came than `serve.rate_limit` allows. Retry after the time named in Retry-After."},
  {Code::kEnvironment, "K0600", "environment", 3, 500, false,
   "A program or library that Keelrow needs is missing or does not work here. `keelrow doctor` lists what was found."},
  {Code::kInterrupted, "K0601", "interrupted", 130, 503, true,
   "Stopped by Ctrl-C or SIGTERM. What was finished is kept: the same command goes on from there."},
});
// clang-format on

std::string Compose(const std::string& message, const std::string& hint, const Place& place) {
  std::string text = message;
  if (!place.file.empty()) text = place.ToString() + ": " + text;
  if (!hint.empty()) text += " (" + hint + ")";
  return text;
}

Error SystemError(int number, const std::string& message) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return Error(Code::kNotFound, message);
    case EACCES:
    case EPERM:
    case EROFS:
      return Error(Code::kPermission, message);
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return Error(Code::kDiskFull, message,
                   {.hint = "free some space and repeat; nothing is half-written"});
    default:
      return Error(Code::kIo, message);
  }
}

/// Messages quote names and bytes from strangers, which must not command the terminal.
std::string Printable(std::string_view text) {
  std::string printable;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool control = (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f;
    printable += control ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
  }
  return printable;
}

}  // namespace

std::span<const CodeInfo> ErrorTable() {
  return kTable;
}

const CodeInfo& Info(Code code) {
  return kTable[static_cast<size_t>(code)];
}

const CodeInfo* FindCode(std::string_view number) {
  for (const CodeInfo& row : kTable) {
    if (row.number == number) return &row;
  }
  return nullptr;
}

std::string Place::ToString() const {
  if (line == 0) return file;
  return fmt::format("{}:{}:{}", file, line, column);
}

Error::Error(Code code, std::string message, ErrorParts parts)
    : code_(code),
      message_(std::move(message)),
      parts_(std::move(parts)),
      what_(Compose(message_, parts_.hint, parts_.place)) {}

Error Error::Wrap(std::string outer_message) const {
  Error outer(code_, std::move(outer_message), parts_);
  outer.cause_ = std::make_shared<const Error>(*this);
  return outer;
}

Error Error::At(Place place) const {
  Error placed(code_, message_, {.hint = parts_.hint, .place = std::move(place)});
  placed.cause_ = cause_;
  return placed;
}

std::string Error::Render() const {
  const CodeInfo& info = Info(code_);
  std::string text = fmt::format("error[{}]: {}\n", info.number, message_);
  if (!parts_.place.file.empty()) text += fmt::format("  --> {}\n", parts_.place.ToString());
  for (const Error* inner = cause(); inner != nullptr; inner = inner->cause()) {
    text += fmt::format("  = because: {}\n", inner->message());
  }
  const std::string more = fmt::format("keelrow help-error {}", info.number);
  text += parts_.hint.empty() ? fmt::format("  = help: {}\n", more)
                              : fmt::format("  = help: {}   {}\n", parts_.hint, more);
  return Printable(text);
}

Error ErrnoError(std::string_view action, const std::string& path) {
  const int saved = errno;
  return SystemError(saved, fmt::format("cannot {} {}: {}", action, path, std::strerror(saved)));
}

Error AsError(const std::exception& failure) {
  if (const auto* ours = dynamic_cast<const Error*>(&failure)) return *ours;
  if (const auto* system = dynamic_cast<const std::system_error*>(&failure)) {
    return SystemError(system->code().value(), failure.what());
  }
  if (dynamic_cast<const std::bad_alloc*>(&failure) != nullptr) {
    return Error(Code::kEnvironment, "there is no memory left");
  }
  return Error(Code::kInternal, failure.what());
}

}  // namespace keelrow
