#include "data/tar.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "data/tar_for_test.h"

namespace keelrow::data {
namespace {

Expected<std::vector<TarEntry>> Index(const std::string& bytes, const TarLimits& limits = {}) {
  return ReadTarIndex(*FromMemory(bytes), limits);
}

Code CodeOf(const std::string& bytes, const TarLimits& limits = {}) {
  const auto index = Index(bytes, limits);
  return index ? Code::kInternal : index.error().code();
}

std::string Message(const std::string& bytes) {
  return Index(bytes).error().message();
}

TEST(ReadTarIndex, FindsFilesInPlace) {
  const std::string bytes = TarWriter()
                                .Add({.name = "a", .type = '5'})
                                .Add({.name = "./a/x.txt", .content = "hello"})
                                .Add({.name = "b//y.txt", .content = std::string(600, 'y')})
                                .Finish();
  const auto index = Index(bytes).Value();
  ASSERT_EQ(index.size(), 2U);
  EXPECT_EQ(index[0].name, "a/x.txt");
  EXPECT_EQ(bytes.substr(index[0].offset, index[0].size), "hello");
  EXPECT_EQ(index[1].name, "b/y.txt");
  EXPECT_EQ(bytes.substr(index[1].offset, index[1].size), std::string(600, 'y'));
}

TEST(ReadTarIndex, ReadsGnuAndPaxLongNames) {
  const std::string name = std::string(150, 'n') + "/" + std::string(120, 'm');
  const std::string record = fmt::format(" path={}\n", name);
  const std::string pax = fmt::format("{}{}", record.size() + 3, record);
  const auto index = Index(TarWriter()
                               .Add({.name = "././@LongLink", .content = name + '\0', .type = 'L'})
                               .Add({.name = name.substr(0, 99), .content = "1"})
                               .Add({.name = "PaxHeader", .content = pax, .type = 'x'})
                               .Add({.name = "short", .content = "2"})
                               .Add({.name = "own", .content = "3"})
                               .Finish());
  EXPECT_EQ(Message(TarWriter()
                        .Add({.name = "L", .content = name + '\0', .type = 'L'})
                        .Add({.name = "a"})
                        .Add({.name = "x", .content = pax, .type = 'x'})
                        .Add({.name = "b"})
                        .Finish()),
            fmt::format("the archive's entry `{}` stands there twice", name));
  ASSERT_FALSE(index);  // both spell the same name here
  const auto apart = Index(TarWriter()
                               .Add({.name = "x", .content = pax, .type = 'x'})
                               .Add({.name = "short", .content = "2"})
                               .Add({.name = "own", .content = "3"})
                               .Finish())
                         .Value();
  ASSERT_EQ(apart.size(), 2U);
  EXPECT_EQ(apart[0].name, name);
  EXPECT_EQ(apart[1].name, "own");
}

TEST(ReadTarIndexAttack, LinksAndDevices) {
  for (const char type : {'1', '2', '3', '4', '6'}) {
    EXPECT_EQ(CodeOf(TarWriter().Add({.name = "a/x", .type = type}).Finish()), Code::kBadExample);
  }
  EXPECT_EQ(Message(TarWriter().Add({.name = "a/x", .type = '2'}).Finish()),
            "the archive's entry `a/x` is a link");
}

TEST(ReadTarIndexAttack, NamesThatLeaveTheFolder) {
  for (const char* name : {"../x", "a/../../x", "/etc/passwd", "a/..", "..", "a\\..\\x"}) {
    EXPECT_EQ(CodeOf(TarWriter().Add({.name = name}).Finish()), Code::kBadExample) << name;
  }
  EXPECT_EQ(CodeOf(TarWriter()
                       .Add({.name = "x", .content = "15 path=../../x\n", .type = 'x'})
                       .Add({.name = "good"})
                       .Finish()),
            Code::kCorrupt);  // the record's length is wrong
  EXPECT_EQ(CodeOf(TarWriter()
                       .Add({.name = "x", .content = "16 path=../../x\n", .type = 'x'})
                       .Add({.name = "good"})
                       .Finish()),
            Code::kBadExample);
}

TEST(ReadTarIndexAttack, WrongChecksum) {
  std::string bytes = TarWriter().Add({.name = "a/x", .content = "hello"}).Finish();
  bytes[3] = 'z';
  EXPECT_EQ(CodeOf(bytes), Code::kCorrupt);
}

TEST(ReadTarIndexAttack, EntryBeyondTheEnd) {
  const uint64_t sizes[] = {1 << 20, 077777777777, uint64_t{1} << 62};
  for (const uint64_t size : sizes) {
    EXPECT_EQ(CodeOf(TarWriter().Add({.name = "a/x", .content = "hi", .claimed = size}).Finish()),
              Code::kCorrupt)
        << size;
  }
}

TEST(ReadTarIndexAttack, EveryTruncationIsAnError) {
  const std::string whole = TarWriter()
                                .Add({.name = "a/x", .content = "hello"})
                                .Add({.name = "a/y", .content = "hello"})
                                .Finish();
  const size_t needed = whole.size() - 512;  // one block of the end mark suffices
  for (size_t size = 0; size < needed; ++size) {
    EXPECT_EQ(CodeOf(whole.substr(0, size)), Code::kCorrupt) << size;
  }
  EXPECT_TRUE(Index(whole.substr(0, needed)));
}

TEST(ReadTarIndexAttack, Limits) {
  const std::string two = TarWriter().Add({.name = "a/x"}).Add({.name = "a/y"}).Finish();
  EXPECT_EQ(CodeOf(two, {.entries_max = 1}), Code::kLimit);
  EXPECT_EQ(CodeOf(two, {.name_bytes_max = 2}), Code::kLimit);
  EXPECT_EQ(CodeOf(TarWriter()
                       .Add({.name = "L", .content = std::string(99, 'n'), .type = 'L'})
                       .Add({.name = "a"})
                       .Finish(),
                   {.extension_bytes_max = 10}),
            Code::kLimit);
}

TEST(ReadTarIndexAttack, CompressedAndSparse) {
  EXPECT_EQ(CodeOf("\x1f\x8b" + std::string(600, 'x')), Code::kUnsupported);
  EXPECT_EQ(CodeOf(TarWriter().Add({.name = "s", .type = 'S'}).Finish()), Code::kUnsupported);
}

TEST(ReadTarIndexAttack, ChangedBytesNeverCrash) {
  const std::string whole = TarWriter()
                                .Add({.name = "x", .content = "10 path=z\n", .type = 'x'})
                                .Add({.name = "a/x", .content = "hello"})
                                .Finish();
  for (size_t at = 0; at < whole.size(); ++at) {
    for (const char change : {'\x01', '\x7f', '\xff'}) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ change);
      const auto index = Index(changed);
      if (!index) continue;
      for (const TarEntry& entry : *index) EXPECT_LE(entry.offset + entry.size, changed.size());
    }
  }
}

}  // namespace
}  // namespace keelrow::data
