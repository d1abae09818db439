#include "nets/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keelrow::nets {
namespace {

using testing::HasSubstr;
using namespace std::string_literals;

constexpr std::string_view kAllowed[] = {"collections.OrderedDict", "torch.FloatStorage"};

Expected<Pickle> Parse(const std::string& bytes) {
  return ParsePickle(bytes, kAllowed, "attack.pth");
}

void ExpectRefused(const std::string& bytes, Code code, const std::string& part) {
  SCOPED_TRACE(testing::PrintToString(bytes));
  const auto pickle = Parse(bytes);
  ASSERT_FALSE(pickle.ok());
  EXPECT_EQ(pickle.error().code(), code) << pickle.error().what();
  EXPECT_THAT(pickle.error().message(), HasSubstr(part));
  EXPECT_THAT(pickle.error().message(), HasSubstr("attack.pth"));
}

TEST(Pickle, ReadsWhatPythonWrites) {
  // pickle.dumps({'a': [1, -2, 2.5, None, True], 'b': (3, 70000)}, protocol=2)
  const Pickle pickle =
      Parse(
          "\x80\x02}q\x00(X\x01\x00\x00\x00"s
          "aq\x01]q\x02(K\x01J\xfe\xff\xff\xffG@\x04\x00\x00\x00\x00\x00\x00N\x88"s
          "eX\x01\x00\x00\x00"s
          "bq\x03K\x03Jp\x11\x01\x00\x86q\x04u."s)
          .Value();
  const auto* dict = pickle.As<Pickle::Dict>(pickle.root());
  ASSERT_NE(dict, nullptr);
  ASSERT_EQ(dict->items.size(), 2U);
  EXPECT_EQ(*pickle.As<std::string>(dict->items[0].first), "a");
  const auto* list = pickle.As<Pickle::List>(dict->items[0].second);
  ASSERT_EQ(list->items.size(), 5U);
  EXPECT_EQ(*pickle.As<int64_t>(list->items[1]), -2);
  EXPECT_EQ(*pickle.As<double>(list->items[2]), 2.5);
  EXPECT_TRUE(pickle.As<Pickle::None>(list->items[3]) != nullptr);
  EXPECT_TRUE(*pickle.As<bool>(list->items[4]));
  const auto* tuple = pickle.As<Pickle::Tuple>(dict->items[1].second);
  EXPECT_EQ(*pickle.As<int64_t>(tuple->items[1]), 70000);
}

TEST(Pickle, AnOrderedDictIsADictAndItsAttributesAreDropped) {
  // OrderedDict() with one item and a __dict__, as a state_dict has.
  const Pickle pickle =
      Parse(
          "\x80\x02"
          "ccollections\nOrderedDict\n)Rq\x00(U\x01wK\x05u}U\x09_metadataK\x01sb."s)
          .Value();
  const auto* dict = pickle.As<Pickle::Dict>(pickle.root());
  ASSERT_NE(dict, nullptr);
  EXPECT_EQ(dict->items.size(), 1U);
}

TEST(Pickle, WhatIsSharedIsOneValue) {
  const Pickle pickle = Parse("\x80\x02]q\x00(]q\x01h\x01h\x01"s + "e.").Value();
  const auto* list = pickle.As<Pickle::List>(pickle.root());
  ASSERT_EQ(list->items.size(), 3U);
  EXPECT_EQ(list->items[0], list->items[2]);
}

TEST(PickleAttack, NoNameButThoseAllowed) {
  ExpectRefused("cos\nsystem\n(U\x02lstR."s, Code::kUnsafe, "os.system");
  ExpectRefused("\x80\x04\x8c\x02os\x8c\x06system\x93."s, Code::kUnsafe, "os.system");
  ExpectRefused("cbuiltins\neval\n."s, Code::kUnsafe, "builtins.eval");
  ExpectRefused("c__builtin__\nexec\n."s, Code::kUnsafe, "__builtin__.exec");
}

TEST(PickleAttack, EveryOpcodeThatCallsIsRefused) {
  struct Attack {
    const char* name;
    std::string program;
  };
  const Attack attacks[] = {
      {"INST", "(U\x02lsios\nsystem\n."s},
      {"OBJ", "(ccollections\nOrderedDict\nU\x02lso."s},
      {"NEWOBJ", "ccollections\nOrderedDict\n)\x81."s},
      {"NEWOBJ_EX", "ccollections\nOrderedDict\n)}\x92."s},
      {"EXT1", "\x82\x01."s},
      {"EXT2", "\x83\x01\x00."s},
      {"EXT4", "\x84\x01\x00\x00\x00."s},
      {"PERSID", "Pos.system\n."s},
  };
  for (const Attack& attack : attacks) {
    ExpectRefused(attack.program, Code::kUnsafe, attack.name);
  }
}

TEST(PickleAttack, ACallIsOnlyWrittenDown) {
  const Pickle pickle = Parse("ctorch\nFloatStorage\nK\x05\x85R."s).Value();
  EXPECT_NE(pickle.As<Pickle::Call>(pickle.root()), nullptr);
}

TEST(PickleAttack, ACalleeMustBeAName) {
  ExpectRefused("K\x01)R."s, Code::kCorrupt, "no function");
  ExpectRefused("ctorch\nFloatStorage\nK\x01R."s, Code::kCorrupt, "no function");
}

TEST(PickleAttack, OnlyDictsHaveAttributes) {
  ExpectRefused("ctorch\nFloatStorage\n)R}b."s, Code::kCorrupt, "no container");
}

TEST(PickleAttack, EmptyStacksAndLostMarks) {
  for (const char* program : {".", "a.", "e.", "u.", "s.", "t.", "R.", "b.", "Q.", "0.", "1.", "2.",
                              "q", "h", "}(K", "](e", "}(K\x01u.", "]K\x01s.", "\x93."}) {
    const auto pickle = Parse(program);
    ASSERT_FALSE(pickle.ok()) << program;
    EXPECT_EQ(pickle.error().code(), Code::kCorrupt) << program;
  }
}

TEST(PickleAttack, AMarkGuardsWhatLiesBelow) {
  ExpectRefused("K\x01(a."s, Code::kCorrupt, "empty stack");
}

TEST(PickleAttack, LengthsThatLie) {
  ExpectRefused(
      "X\xff\xff\xff\x7f"
      "a."s,
      Code::kCorrupt, "too early");
  ExpectRefused(
      "\x8d\xff\xff\xff\xff\xff\xff\xff\xff"
      "a."s,
      Code::kCorrupt, "too early");
  ExpectRefused("\x8a\xff."s, Code::kUnsupported, "64 bits");
}

TEST(PickleAttack, DeepNestingIsFlat) {
  std::string program(1'000'000, ']');
  program += std::string(999'999, 'a') + ".";
  EXPECT_TRUE(Parse(program).ok());
}

TEST(PickleAttack, TooManyValues) {
  ExpectRefused(std::string(5'000'000, 'N') + ".", Code::kLimit, "values");
}

TEST(PickleAttack, TextProtocolsAreNotRead) {
  ExpectRefused("I1\n."s, Code::kUnsupported, "opcode");
  ExpectRefused("\x80\x06."s, Code::kUnsupported, "protocol");
}

}  // namespace
}  // namespace keelrow::nets
