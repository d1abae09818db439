#include "track/store.h"

#include <fmt/format.h>

#include <chrono>

#include "base/files.h"
#include "track/schema.h"
#include "track/state.h"

namespace keelrow::track {
namespace {

std::filesystem::path InExistingFolder(const std::filesystem::path& file) {
  if (file.has_parent_path()) MakeFolders(file.parent_path());
  return file;
}

}  // namespace

TimeMs Now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

Store::Store(const std::filesystem::path& file)
    : state_(std::make_unique<State>(InExistingFolder(file))) {
  Migrate(state_->database, file.string());
}

Store::~Store() = default;
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;

void Store::Check() const {
  const std::lock_guard lock(state_->mutex);
  Statement integrity = state_->database.Query("PRAGMA integrity_check(1)");
  const std::string verdict = integrity.Step() ? integrity.Text(0) : "no answer";
  Statement orphan = state_->database.Query("PRAGMA foreign_key_check");
  const bool orphaned = orphan.Step();
  if (verdict == "ok" && !orphaned) return;
  throw Error(Code::kCorrupt,
              fmt::format("the store {} is damaged: {}", state_->path.string(),
                          orphaned ? "a row of " + orphan.Text(0) + " lost its owner" : verdict),
              {.hint = "restore it from a copy"});
}

}  // namespace keelrow::track
