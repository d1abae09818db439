#include "gateway/signature.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "gateway/key_set.h"

namespace keelrow::gateway {
namespace {

constexpr Algorithm kPairs[] = {Algorithm::kRs256, Algorithm::kEs256, Algorithm::kEdDsa};

std::string Bytes(std::string_view base64url) {
  return DecodeBase64(base64url, Base64::kUrl).value();
}

SigningKey Made(Algorithm algorithm) {
  return SigningKey::FromPem(SigningKey::GeneratePem(algorithm), algorithm, "test");
}

Code CodeOf(const Expected<VerifyingKey>& key) {
  return key ? Code::kInternal : key.error().code();
}

TEST(Signature, NamesOfAlgorithms) {
  for (const char* name : {"HS256", "RS256", "ES256", "EdDSA"}) {
    EXPECT_EQ(NameOf(FindAlgorithm(name).value()), name);
  }
  for (const char* name : {"none", "", "hs256", "HS512", "RS512", "PS256", "ES384", "eddsa"}) {
    EXPECT_FALSE(FindAlgorithm(name)) << name;
  }
}

TEST(Signature, WhatAKeySignsItVerifiesAndNothingElse) {
  std::vector<SigningKey> keys = {SigningKey::Hs256(std::string(32, 's'))};
  for (const Algorithm algorithm : kPairs) keys.push_back(Made(algorithm));
  for (const SigningKey& key : keys) {
    SCOPED_TRACE(NameOf(key.algorithm()));
    const std::string message = "header.payload";
    const std::string signature = key.Sign(message);
    EXPECT_TRUE(key.Verifier().Verify(message, signature));
    EXPECT_FALSE(key.Verifier().Verify("header.Payload", signature));
    EXPECT_FALSE(key.Verifier().Verify(message, ""));
    EXPECT_FALSE(key.Verifier().Verify(message, signature + '\0'));
    EXPECT_FALSE(key.Verifier().Verify(message, signature.substr(1)));
    for (size_t i = 0; i < signature.size(); ++i) {
      std::string changed = signature;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      EXPECT_FALSE(key.Verifier().Verify(message, changed)) << i;
    }
    for (const SigningKey& other : keys) {
      if (&other == &key) continue;
      EXPECT_FALSE(other.Verifier().Verify(message, signature)) << NameOf(other.algorithm());
    }
  }
}

TEST(Signature, TheStandardsExamplesHold) {
  // RFC 7515 appendix A.2 (RS256), A.3 (ES256), RFC 8037 appendix A.4 (EdDSA).
  const std::string claims =
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
      "fQ";
  const auto rsa = VerifyingKey::Rs256(
      Bytes("ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-"
            "4qPCJrcS2mJPMEzP1Pt0"
            "Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-"
            "bSf63kpaSHSXndS5"
            "z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_"
            "I5IhlJH7aG"
            "hyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"),
      Bytes("AQAB"));
  ASSERT_TRUE(rsa);
  EXPECT_TRUE(
      rsa->Verify("eyJhbGciOiJSUzI1NiJ9." + claims,
                  Bytes("cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-"
                        "0Qc_lF5YKt_O8W2F"
                        "p5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
                        "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBM"
                        "Hlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
                        "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w"
                        "9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw")));
  const auto ec = VerifyingKey::Es256(Bytes("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
                                      Bytes("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"));
  ASSERT_TRUE(ec);
  EXPECT_TRUE(
      ec->Verify("eyJhbGciOiJFUzI1NiJ9." + claims,
                 Bytes("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxf"
                       "KTUJqPP3-Kg6NU1Q")));
  const auto ed = VerifyingKey::EdDsa(Bytes("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"));
  ASSERT_TRUE(ed);
  EXPECT_TRUE(
      ed->Verify("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
                 Bytes("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9"
                       "g7sVvpAr_MuM0KAg")));
}

TEST(Signature, PsychicSignature) {  // CVE-2022-21449: r = s = 0 held for every message in Java
  const VerifyingKey key = Made(Algorithm::kEs256).Verifier();
  EXPECT_FALSE(key.Verify("message", std::string(64, '\0')));
  // The same in DER, and r, s of the group's order.
  EXPECT_FALSE(key.Verify("message", std::string("\x30\x06\x02\x01\x00\x02\x01\x00", 8)));
  const std::string order = Bytes("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE");
  EXPECT_FALSE(key.Verify("message", order + order));
}

TEST(Signature, DerIsNoSpellingOfASignatureInAToken) {
  const SigningKey key = Made(Algorithm::kEs256);
  const std::string raw = key.Sign("message");
  std::string der = "\x30\x46\x02\x21";
  der += '\0' + raw.substr(0, 32) + std::string("\x02\x21\x00", 3) + raw.substr(32);
  EXPECT_FALSE(key.Verifier().Verify("message", der));
}

TEST(Signature, WeakAndBrokenKeysAreRefused) {
  std::string modulus(255, '\xff');  // 2040 bits
  EXPECT_EQ(CodeOf(VerifyingKey::Rs256(modulus, "\x01\x00\x01")), Code::kBadValue);
  modulus = std::string(256, '\xff');
  const std::string exponent("\x01\x00\x01", 3);
  EXPECT_TRUE(VerifyingKey::Rs256(modulus, exponent));
  EXPECT_TRUE(VerifyingKey::Rs256('\0' + modulus, exponent));
  for (const std::string& bad :
       {std::string(1, '\x01'), std::string(1, '\x02'), std::string(1, '\0'),
        std::string(5, '\xff'), std::string(256, '\xff')}) {
    EXPECT_EQ(CodeOf(VerifyingKey::Rs256(modulus, bad)), Code::kBadValue);
  }
  EXPECT_EQ(CodeOf(VerifyingKey::Rs256(std::string(1025, '\xff'), exponent)), Code::kBadValue);
  EXPECT_EQ(CodeOf(VerifyingKey::Rs256(std::string(256, '\xfe'), exponent)), Code::kBadValue);

  const std::string x = Bytes("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
  EXPECT_EQ(CodeOf(VerifyingKey::Es256(x, x)), Code::kBadValue);  // not on the curve
  EXPECT_EQ(CodeOf(VerifyingKey::Es256(x, x.substr(1))), Code::kBadValue);
  EXPECT_EQ(CodeOf(VerifyingKey::Es256(std::string(32, '\0'), std::string(32, '\0'))),
            Code::kBadValue);
  EXPECT_EQ(CodeOf(VerifyingKey::EdDsa(std::string(31, 'x'))), Code::kBadValue);
  EXPECT_EQ(CodeOf(VerifyingKey::Hs256(std::string(31, 'x'))), Code::kBadValue);
}

TEST(Signature, APrivateKeyIsReadForItsOwnAlgorithmOnly) {
  for (const Algorithm algorithm : kPairs) {
    const std::string pem = SigningKey::GeneratePem(algorithm);
    for (const Algorithm other : kPairs) {
      if (other == algorithm) continue;
      EXPECT_THROW(SigningKey::FromPem(pem, other, "test"), Error);
    }
    EXPECT_THROW(SigningKey::FromPem(pem.substr(0, pem.size() / 2), algorithm, "test"), Error);
    EXPECT_THROW(SigningKey::FromPem("", algorithm, "test"), Error);
  }
}

TEST(Signature, ThePublicHalfIsAKeySetThatVerifies) {
  for (const Algorithm algorithm : kPairs) {
    SCOPED_TRACE(NameOf(algorithm));
    const SigningKey key = Made(algorithm);
    const Json jwk = key.PublicJwk();
    EXPECT_FALSE(jwk.contains("d"));
    const auto set = ParseJwks(Json{{"keys", Json::array({jwk})}}.dump(), "test");
    ASSERT_TRUE(set) << set.error().what();
    const VerifyingKey* found = set->Find(jwk["kid"].get<std::string>(), algorithm);
    ASSERT_NE(found, nullptr);
    EXPECT_TRUE(found->Verify("message", key.Sign("message")));
  }
  EXPECT_TRUE(SigningKey::Hs256(std::string(32, 's')).PublicJwk().is_null());
}

TEST(Signature, TheThumbprintOfTheStandardsExample) {  // RFC 8037 appendix A.3
  // The same key as above: its private half is the RFC's, in PKCS #8.
  const std::string der = Bytes("MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v_VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g");
  const std::string pem =
      "-----BEGIN PRIVATE KEY-----\n" + EncodeBase64(der) + "\n-----END PRIVATE KEY-----\n";
  EXPECT_EQ(SigningKey::FromPem(pem, Algorithm::kEdDsa, "RFC 8037").PublicJwk()["kid"],
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

}  // namespace
}  // namespace keelrow::gateway
