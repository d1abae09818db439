#include "data/tar.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <unordered_set>

namespace keelrow::data {
namespace {

constexpr uint64_t kBlock = 512;

// The fields of a ustar header: POSIX.1-1988, "ustar Interchange Format".
struct Field {
  size_t offset;
  size_t size;
};
constexpr Field kName{0, 100};
constexpr Field kSize{124, 12};
constexpr Field kChecksum{148, 8};
constexpr size_t kType = 156;
constexpr Field kMagic{257, 6};
constexpr Field kPrefix{345, 155};

using Block = std::array<char, kBlock>;

std::string_view Text(const Block& block, Field field) {
  const std::string_view raw(block.data() + field.offset, field.size);
  return raw.substr(0, raw.find('\0'));
}

/// Octal digits between blanks, or, with the first bit set, GNU's big-endian binary.
std::optional<uint64_t> Number(const Block& block, Field field) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(block.data() + field.offset);
  uint64_t value = 0;
  if ((bytes[0] & 0x80) != 0) {
    value = bytes[0] & 0x7fU;
    for (size_t i = 1; i < field.size; ++i) {
      if (value >> 55 != 0) return std::nullopt;
      value = value << 8 | bytes[i];
    }
    return value;
  }
  size_t i = 0;
  while (i < field.size && bytes[i] == ' ') ++i;
  for (; i < field.size && bytes[i] >= '0' && bytes[i] <= '7'; ++i) {
    value = value * 8 + (bytes[i] - '0');
  }
  if (i < field.size && bytes[i] != ' ' && bytes[i] != '\0') return std::nullopt;
  return value;
}

bool ChecksumHolds(const Block& block) {
  uint64_t sum = 0;
  for (size_t i = 0; i < kBlock; ++i) {
    const bool own = i >= kChecksum.offset && i < kChecksum.offset + kChecksum.size;
    sum += own ? ' ' : static_cast<unsigned char>(block[i]);
  }
  return Number(block, kChecksum) == sum;
}

bool IsEndMark(const Block& block) {
  for (const char c : block) {
    if (c != '\0') return false;
  }
  return true;
}

std::string NameOf(const Block& block) {
  const std::string_view prefix = Text(block, kPrefix);
  const bool posix =
      std::string_view(block.data() + kMagic.offset, kMagic.size) == std::string_view("ustar\0", 6);
  if (!posix || prefix.empty()) return std::string(Text(block, kName));
  return fmt::format("{}/{}", prefix, Text(block, kName));
}

/// What an extension header says about the entry that follows it.
struct Extension {
  std::optional<std::string> name;
  std::optional<uint64_t> size;
};

class TarReader {
 public:
  TarReader(const ByteSource& source, const TarLimits& limits) : source_(source), limits_(limits) {}

  Expected<std::vector<TarEntry>> Read() {
    if (const auto start = CheckStart(); !start) return start.error();
    Block block;
    while (true) {
      if (source_.Size() - at_ < kBlock) return Damaged("it has no end mark: it was cut off");
      if (const auto read = source_.ReadAt(at_, block); !read) return read.error();
      if (IsEndMark(block)) return std::move(entries_);
      if (!ChecksumHolds(block)) return Damaged("a header's checksum is wrong");
      at_ += kBlock;
      if (const auto taken = TakeHeader(block); !taken) return taken.error();
    }
  }

 private:
  Expected<bool> CheckStart() const {
    std::array<char, 2> magic{};
    if (source_.Size() < kBlock) return Damaged("it is too short");
    if (const auto read = source_.ReadAt(0, magic); !read) return read.error();
    if (magic[0] == '\x1f' && magic[1] == '\x8b') {
      return Error(Code::kUnsupported, "the archive is compressed",
                   {.hint = "gunzip it first: a plain .tar is read in place, without unpacking"});
    }
    return true;
  }

  Error Damaged(std::string_view what) const {
    return Error(Code::kCorrupt, fmt::format("the archive is damaged at byte {}: {}", at_, what));
  }
  static Error Refused(std::string_view name, std::string_view why) {
    return Error(Code::kBadExample, fmt::format("the archive's entry `{}` {}", name, why),
                 {.hint = "pack plain files under relative names"});
  }

  Expected<bool> TakeHeader(const Block& block) {
    const std::optional<uint64_t> stated = Number(block, kSize);
    if (!stated) return Damaged("a size is not a number");
    const char type = block[kType];
    const bool extends = type == 'x' || type == 'g' || type == 'L' || type == 'K';
    const bool folder = type == '5';  // some writers state a size, but nothing follows
    const uint64_t own = folder ? 0 : pending_.size.value_or(*stated);
    const uint64_t size = extends ? *stated : own;
    const uint64_t left = source_.Size() - at_;
    if (size > left) return Damaged("an entry reaches beyond the end");

    const Expected<bool> taken = extends ? TakeExtension(type, size) : TakeEntry(block, type, size);
    if (!taken) return taken;
    const uint64_t padded = (size + kBlock - 1) / kBlock * kBlock;
    if (padded > left) return Damaged("an entry reaches beyond the end");
    at_ += padded;
    return true;
  }

  Expected<bool> TakeExtension(char type, uint64_t size) {
    if (size > limits_.extension_bytes_max) {
      return Error(Code::kLimit,
                   fmt::format("the archive has an extension header of {} bytes", size));
    }
    if (type == 'g' || type == 'K') return true;  // global defaults, link targets: not needed
    std::string content(size, '\0');
    if (const auto read = source_.ReadAt(at_, content); !read) return read.error();
    if (type == 'x') return TakePax(content);
    pending_.name = content.substr(0, content.find('\0'));
    return true;
  }

  /// Records "LENGTH KEY=VALUE\n", where LENGTH counts the whole record.
  Expected<bool> TakePax(std::string_view content) {
    while (!content.empty()) {
      size_t length = 0;
      const auto [digits_end, failure] =
          std::from_chars(content.data(), content.data() + content.size(), length);
      const auto digits = static_cast<size_t>(digits_end - content.data());
      const bool fits = failure == std::errc() && length > digits + 2 && length <= content.size() &&
                        *digits_end == ' ' && content[length - 1] == '\n';
      if (!fits) return Damaged("a pax header is malformed");
      const std::string_view record = content.substr(digits + 1, length - digits - 2);
      if (const auto taken = TakePaxRecord(record); !taken) return taken;
      content.remove_prefix(length);
    }
    return true;
  }

  Expected<bool> TakePaxRecord(std::string_view record) {
    const size_t equals = record.find('=');
    if (equals == std::string_view::npos) return Damaged("a pax header is malformed");
    const std::string_view key = record.substr(0, equals);
    const std::string_view value = record.substr(equals + 1);
    if (key == "path") pending_.name = std::string(value);
    if (key == "size") {
      uint64_t size = 0;
      const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), size);
      if (failure != std::errc() || end != value.data() + value.size()) {
        return Damaged("a pax size is not a number");
      }
      pending_.size = size;
    }
    if (key.starts_with("GNU.sparse")) return Sparse();
    return true;
  }

  static Error Sparse() {
    return Error(Code::kUnsupported, "the archive holds a sparse file",
                 {.hint = "pack it without --sparse"});
  }

  Expected<bool> TakeEntry(const Block& block, char type, uint64_t size) {
    std::string name = pending_.name.value_or(NameOf(block));
    pending_ = {};
    if (name.size() > limits_.name_bytes_max) {
      return Error(Code::kLimit, fmt::format("the archive has a name of {} bytes", name.size()));
    }
    if (type == 'S') return Sparse();
    if (type == '1' || type == '2') return Refused(name, "is a link");
    const bool regular = type == '0' || type == '\0' || type == '7';
    if (!regular && type != '5') return Refused(name, "is neither a file nor a folder");
    Expected<std::string> clean = Clean(name);
    if (!clean) return clean.error();
    const bool folder = type == '5' || name.ends_with('/');
    if (folder) return true;
    return AddFile({.name = std::move(*clean), .offset = at_, .size = size});
  }

  /// The name without "./" and doubled slashes; refused when it could leave its folder.
  static Expected<std::string> Clean(std::string_view name) {
    if (name.starts_with('/')) return Refused(name, "has an absolute name");
    if (name.find_first_of(std::string_view("\0\\\n", 3)) != std::string_view::npos) {
      return Refused(name, "has a forbidden character in its name");
    }
    std::string clean;
    for (std::string_view rest = name; !rest.empty();) {
      const std::string_view part = rest.substr(0, rest.find('/'));
      rest.remove_prefix(std::min(part.size() + 1, rest.size()));
      if (part == "..") return Refused(name, "has `..` in its name");
      if (part.empty() || part == ".") continue;
      if (!clean.empty()) clean += '/';
      clean += part;
    }
    return clean;
  }

  Expected<bool> AddFile(TarEntry entry) {
    if (entry.name.empty()) return Refused("", "has no name");
    if (entries_.size() >= limits_.entries_max) {
      return Error(Code::kLimit,
                   fmt::format("the archive has more than {} files", limits_.entries_max));
    }
    if (!names_.insert(entry.name).second) return Refused(entry.name, "stands there twice");
    entries_.push_back(std::move(entry));
    return true;
  }

  const ByteSource& source_;
  const TarLimits limits_;
  uint64_t at_ = 0;
  Extension pending_;
  std::vector<TarEntry> entries_;
  std::unordered_set<std::string> names_;
};

}  // namespace

Expected<std::vector<TarEntry>> ReadTarIndex(const ByteSource& source, const TarLimits& limits) {
  return TarReader(source, limits).Read();
}

}  // namespace keelrow::data
