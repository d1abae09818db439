#include "serve/context.h"

#include <charconv>

namespace keelrow::serve {

std::string ServeContext::DefaultModel() const {
  if (!model.empty() || !models) return model;
  const auto table = models->Table();
  return table->size() == 1 ? table->begin()->first : std::string();
}

std::shared_ptr<const models::ServedModel> ServeContext::Standard() const {
  return models ? models->Find(DefaultModel()) : nullptr;
}

bool ServeContext::Ready() const {
  if (mounted) return models != nullptr;  // with no model too
  return models && models->Ready() && (model.empty() || Standard() != nullptr);
}

Json VersionJson(const std::string& version) {
  int64_t number = 0;
  const char* end = version.data() + version.size();
  const auto [stopped, failure] = std::from_chars(version.data(), end, number);
  if (failure == std::errc() && stopped == end && std::to_string(number) == version) return number;
  return version;
}

}  // namespace keelrow::serve
