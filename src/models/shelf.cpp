#include "models/shelf.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace keelrow::models {
namespace {

constexpr const char* kEvicted = "evicted: the memory was needed for others";
constexpr const char* kNoRoom = "there is no memory for it beside the version that answers";

bool NamedByAlias(const std::map<std::string, std::string>& aliases, const std::string& version) {
  return std::ranges::any_of(aliases, [&](const auto& alias) { return alias.second == version; });
}

}  // namespace

Shelf::Shelf(std::vector<std::unique_ptr<Source>> sources, const RepositoryOptions& options,
             Executor& executor)
    : options_(options), executor_(executor) {
  for (auto& source : sources) shelved_.push_back({.source = std::move(source)});
}

bool Shelf::Shelved::Ask() {
  try {
    std::optional<Offers> now = source->List();
    complaint.clear();
    if (!now) return false;
    offers = *std::move(now);
    return true;
  } catch (const std::exception& failure) {
    if (complaint != failure.what()) log::Warning("cannot look for models: {}", failure.what());
    complaint = failure.what();
    return false;
  }
}

bool Shelf::Look() {
  bool changed = false;
  bool answered = true;
  for (Shelved& shelved : shelved_) {
    changed = shelved.Ask() || changed;
    answered = answered && shelved.complaint.empty();
  }
  const bool first = !looked_ && answered;
  if (!changed && !first && Clock::now() < retry_at_) return RecallCandidates();
  retry_at_ = recall_at_ = Clock::time_point::max();
  Merge();
  looked_ = looked_ || answered;
  return true;
}

const Shelf::Shelved* Shelf::Owner(const std::string& model) const {
  const auto found = std::ranges::find_if(
      shelved_, [&](const Shelved& shelved) { return shelved.offers.contains(model); });
  return found == shelved_.end() ? nullptr : &*found;
}

void Shelf::Merge() {
  std::erase_if(table_, [&](const auto& row) { return Owner(row.first) == nullptr; });
  for (const Shelved& shelved : shelved_) {
    for (const auto& [name, offer] : shelved.offers) {
      if (Owner(name) == &shelved) Follow(name, shelved);
    }
  }
}

/// Takes over what the source says of one model. Versions that are the same as before keep what was
/// loaded of them.
void Shelf::Follow(const std::string& name, const Shelved& shelved) {
  const Offer& offer = shelved.offers.at(name);
  Model& model = table_[name];
  std::vector<Version> versions;
  for (const Origin& origin : offer.versions) {
    const auto before = std::ranges::find(model.versions, origin, &Version::origin);
    versions.push_back(before == model.versions.end() ? Version{.origin = origin}
                                                      : std::move(*before));
  }
  model.versions = std::move(versions);
  const std::string old_candidate = std::exchange(model.candidate, offer.candidate);
  const auto standard = offer.aliases.find(shelved.source->DefaultAlias());
  for (Version& version : model.versions) {
    const std::string& number = version.origin.version;
    const bool candidate = number == offer.candidate;
    const bool named = candidate || NamedByAlias(offer.aliases, number);
    const bool newly = named && number != old_candidate && !NamedByAlias(model.aliases, number);
    if (newly && version.reason == kUnloaded) version.reason.clear();  // promoted again
    if (version.state == State::kReady || version.reason == kUnloaded) continue;
    // Nobody asks for a candidate that is not there: the stable version answers instead.
    if (candidate) {
      TryLoadCandidate(version,
                       standard == offer.aliases.end() ? nullptr : model.Find(standard->second));
    } else if (named && options_.load == models::Load::kAliases) {
      // What had to go comes back when it is asked for; else it would drive others out in turn.
      if (newly || version.reason != kEvicted) TryLoad(version);
    } else if (version.state == State::kFailed) {
      version.state = State::kUnloaded;  // may be tried once more
    }
  }
  PointAliases(model, offer, shelved.source->DefaultAlias());
  for (Version& version : model.versions) {
    const std::string& number = version.origin.version;
    const bool needed =
        version.held || number == model.candidate || NamedByAlias(model.aliases, number);
    if (version.state == State::kReady && !needed) Drop(version, "");
  }
}

/// An alias moves to a version that can answer; else it stays where it was, if that still answers.
void Shelf::PointAliases(Model& model, const Offer& offer, const std::string& standard) {
  std::map<std::string, std::string> aliases;
  for (const auto& [alias, version] : offer.aliases) {
    const auto before = model.aliases.find(alias);
    const Version* old = before == model.aliases.end() ? nullptr : model.Find(before->second);
    const Version* wanted = model.Find(version);
    const bool stay = wanted != nullptr && wanted->state == State::kFailed && old != nullptr &&
                      old->state == State::kReady;
    aliases[alias] = stay ? before->second : version;
  }
  model.aliases = std::move(aliases);
  const auto found = model.aliases.find(standard);
  model.standard = found == model.aliases.end() ? "" : found->second;
}

/// Those that had to go, where there is room now. True when the table may have changed.
bool Shelf::RecallCandidates() {
  if (Clock::now() < recall_at_) return false;
  recall_at_ = Clock::time_point::max();
  for (auto& [name, model] : table_) {
    const auto version = std::ranges::find(model.versions, model.candidate,
                                           [](const Version& v) { return v.origin.version; });
    if (version == model.versions.end()) continue;
    const bool waits = version->state == State::kUnloaded && version->reason != kUnloaded;
    if (waits) TryLoadCandidate(*version, model.Find({}));
  }
  return true;
}

/// Loads it, unless it would take the place of the version that answers for it, or that of another
/// candidate: the two would drive each other out, and requests wait for the one or the other.
void Shelf::TryLoadCandidate(Version& version, const Version* standard) {
  if (HasRoom(version, standard)) {
    TryLoad(version);
    return;
  }
  if (version.reason != kNoRoom) {
    log::Warning("{} version {} is rolled out but not loaded: {}", version.origin.model,
                 version.origin.version, kNoRoom);
  }
  version.state = State::kUnloaded;
  version.reason = kNoRoom;
  recall_at_ = std::min(recall_at_, Clock::now() + options_.retry);
}

bool Shelf::HasRoom(const Version& candidate, const Version* standard) const {
  if (options_.memory_max == 0) return true;
  try {
    uint64_t bytes = ServedModel::BytesOf(candidate.origin);
    if (standard != nullptr) bytes += ServedModel::BytesOf(standard->origin);
    for (const auto& [name, model] : table_) {
      const Version* other = model.candidate.empty() ? nullptr : model.Find(model.candidate);
      if (other != nullptr && other != &candidate && other->served) bytes += other->served->bytes();
    }
    return bytes <= options_.memory_max;
  } catch (const std::exception&) {
    return true;  // a file is missing: loading says which
  }
}

bool Shelf::TryLoad(Version& version) {
  try {
    Fill(version);
    return true;
  } catch (const std::exception& failure) {
    NoteFailure(version, failure.what());
    return false;
  }
}

/// A failure that repeats itself is said and counted once.
void Shelf::NoteFailure(Version& version, const std::string& reason) {
  if (version.reason != reason) {
    log::Warning("cannot load {} version {}: {}", version.origin.model, version.origin.version,
                 reason);
    if (options_.on_failure) options_.on_failure(version.origin.model);
  }
  version.state = State::kFailed;
  version.reason = reason;
  retry_at_ = std::min(retry_at_, Clock::now() + options_.retry);
}

void Shelf::Fill(Version& version) {
  const auto began = Clock::now();
  const auto own = options_.lanes.find(version.origin.model);
  const LaneOptions& lane = own == options_.lanes.end() ? options_.lane : own->second;
  const auto sequence = options_.sequences.find(version.origin.model);
  version.served = ServedModel::Load(
      version.origin,
      {.lane = lane,
       .sequence = sequence == options_.sequences.end() ? SequenceOptions{} : sequence->second,
       .compiled = options_.compiled},
      executor_);
  version.state = State::kReady;
  version.reason.clear();
  const std::chrono::duration<double, std::milli> took = Clock::now() - began;
  log::Info("serving {} version {} (loaded in {:.0f} ms)", version.origin.model,
            version.origin.version, took.count());
  if (options_.on_loaded) options_.on_loaded(*version.served);
  Evict(version.served.get());
}

/// Those that were not asked for for the longest time go, candidates last: few requests are theirs,
/// which says nothing of their use. The one that was just loaded stays.
void Shelf::Evict(const ServedModel* kept) {
  if (options_.memory_max == 0) return;
  struct Loaded {
    bool candidate;
    Clock::time_point last_used;
    Version* version;
  };
  std::vector<Loaded> loaded;
  uint64_t bytes = 0;
  for (auto& [name, model] : table_) {
    for (Version& version : model.versions) {
      if (!version.served) continue;
      bytes += version.served->bytes();
      if (version.served.get() == kept) continue;
      loaded.push_back({.candidate = version.origin.version == model.candidate,
                        .last_used = version.served->last_used(),
                        .version = &version});
    }
  }
  std::ranges::sort(loaded, {},
                    [](const Loaded& l) { return std::pair(l.candidate, l.last_used); });
  for (const auto& [candidate, last_used, version] : loaded) {
    if (bytes <= options_.memory_max) return;
    bytes -= version->served->bytes();
    log::Info("{} version {} gives up its memory", version->origin.model, version->origin.version);
    Drop(*version, kEvicted);
    if (candidate) recall_at_ = std::min(recall_at_, Clock::now() + options_.retry);
  }
}

void Shelf::Drop(Version& version, const std::string& reason) {
  version.served.reset();
  version.held = false;
  version.state = State::kUnloaded;
  version.reason = reason;
}

Model& Shelf::Require(const std::string& model) {
  const auto found = table_.find(model);
  if (found != table_.end()) return found->second;
  throw Error(Code::kNotFound, fmt::format("there is no model `{}`", model));
}

Version& Shelf::Require(Model& model, const std::string& name,
                        const std::string& version_or_alias) {
  const Version* found = model.Find(version_or_alias);
  if (found != nullptr) return model.versions[static_cast<size_t>(found - model.versions.data())];
  throw Error(Code::kNotFound,
              version_or_alias.empty()
                  ? fmt::format("`{}` has no default version", name)
                  : fmt::format("`{}` has no version or alias `{}`", name, version_or_alias));
}

void Shelf::Load(const std::string& model, const std::string& version_or_alias, bool hold) {
  Version& version = Require(Require(model), model, version_or_alias);
  version.held = version.held || hold;
  if (version.state == State::kReady) return;
  try {
    Fill(version);
  } catch (const std::exception& failure) {
    NoteFailure(version, failure.what());
    throw;
  }
}

void Shelf::LoadOnDemand(const std::string& model, const std::string& version_or_alias) {
  Version& version = Require(Require(model), model, version_or_alias);
  if (version.state == State::kReady) return;
  // Others may have waited for the same one: it is not tried again for each of them.
  if (version.state != State::kFailed && TryLoad(version)) return;
  throw Error(Code::kOverloaded, fmt::format("`{}` cannot be loaded at present", model));
}

void Shelf::Unload(const std::string& name, const std::string& version) {
  Model& model = Require(name);
  if (!version.empty()) return Drop(Require(model, name, version), kUnloaded);
  for (Version& each : model.versions) Drop(each, kUnloaded);
}

void Shelf::SetDefault(const std::string& name, const std::string& version,
                       const std::string& actor) {
  Version& wanted = Require(Require(name), name, version);
  if (wanted.state != State::kReady) Load(name, version, false);
  Owner(name)->source->SetDefault(name, wanted.origin.version, actor);
  Look();
}

}  // namespace keelrow::models
