#include "data/byte_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/descriptor.h"

namespace keelrow::data {
namespace {

Error EndsTooEarly(const std::string& name, uint64_t size) {
  return Error(Code::kCorrupt, fmt::format("{} ends too early, after {} bytes", name, size));
}

class File : public ByteSource {
 public:
  explicit File(const std::filesystem::path& path)
      : name_(path.string()), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat status {};
    if (descriptor_.get() < 0 || ::fstat(descriptor_.get(), &status) != 0) {
      throw ErrnoError("read", name_);
    }
    size_ = static_cast<uint64_t>(status.st_size);
  }

  uint64_t Size() const override { return size_; }

  Expected<bool> ReadAt(uint64_t offset, std::span<char> out) const override {
    while (!out.empty()) {
      const ssize_t got =
          ::pread(descriptor_.get(), out.data(), out.size(), static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return ErrnoError("read", name_);
      if (got == 0) return EndsTooEarly(name_, offset);
      out = out.subspan(static_cast<size_t>(got));
      offset += static_cast<uint64_t>(got);
    }
    return true;
  }

 private:
  std::string name_;
  Descriptor descriptor_;
  uint64_t size_ = 0;
};

class Memory : public ByteSource {
 public:
  explicit Memory(std::string_view bytes) : bytes_(bytes) {}

  uint64_t Size() const override { return bytes_.size(); }

  Expected<bool> ReadAt(uint64_t offset, std::span<char> out) const override {
    if (offset > bytes_.size() || out.size() > bytes_.size() - offset) {
      return EndsTooEarly("the data", bytes_.size());
    }
    std::memcpy(out.data(), bytes_.data() + offset, out.size());
    return true;
  }

 private:
  std::string_view bytes_;
};

}  // namespace

std::unique_ptr<ByteSource> OpenFile(const std::filesystem::path& path) {
  return std::make_unique<File>(path);
}

std::unique_ptr<ByteSource> FromMemory(std::string_view bytes) {
  return std::make_unique<Memory>(bytes);
}

}  // namespace keelrow::data
