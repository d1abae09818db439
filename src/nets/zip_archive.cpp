#include "nets/zip_archive.h"

#include <fmt/format.h>
#include <zip.h>

namespace keelrow::nets {
namespace {

Error NoArchive(std::string_view source, const char* why) {
  return Error(Code::kCorrupt, fmt::format("{} is not a sound zip archive: {}", source, why),
               {.hint = "it may be truncated; fetch it again"});
}

zip_t* Handle(void* archive) {
  return static_cast<zip_t*>(archive);
}

}  // namespace

void ZipArchive::Close::operator()(void* archive) const {
  zip_discard(Handle(archive));
}

Expected<ZipArchive> ZipArchive::Open(std::string_view bytes, std::string_view source) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* buffer = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  zip_t* archive = buffer == nullptr
                       ? nullptr
                       : zip_open_from_source(buffer, ZIP_RDONLY | ZIP_CHECKCONS, &error);
  if (archive != nullptr) return ZipArchive(archive);
  const Error failure = NoArchive(source, zip_error_strerror(&error));
  zip_error_fini(&error);
  if (buffer != nullptr) zip_source_free(buffer);
  return failure;
}

std::string ZipArchive::FindSuffix(std::string_view suffix) const {
  std::string found;
  const zip_int64_t count = zip_get_num_entries(Handle(archive_.get()), 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    const char* name =
        zip_get_name(Handle(archive_.get()), static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW);
    if (name == nullptr || !std::string_view(name).ends_with(suffix)) continue;
    if (!found.empty()) return {};
    found = name;
  }
  return found;
}

std::optional<std::string> ZipArchive::Read(const std::string& name) const {
  zip_stat_t info;
  if (zip_stat(Handle(archive_.get()), name.c_str(), 0, &info) != 0) return std::nullopt;
  if (info.comp_method != ZIP_CM_STORE || info.size != info.comp_size) return std::nullopt;
  zip_file_t* file = zip_fopen_index(Handle(archive_.get()), info.index, 0);
  if (file == nullptr) return std::nullopt;
  std::string bytes(info.size, '\0');
  const zip_int64_t read = zip_fread(file, bytes.data(), bytes.size());
  char beyond = 0;  // reading on to the end checks the checksum
  const bool whole =
      read == static_cast<zip_int64_t>(info.size) && zip_fread(file, &beyond, 1) == 0;
  zip_fclose(file);
  if (!whole) return std::nullopt;
  return bytes;
}

}  // namespace keelrow::nets
