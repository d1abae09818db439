#include "project/serving.h"

namespace keelrow::project {

void Describe(config::Object<JwtConfig>& object) {
  object.Doc("Signed tokens (JWT, HS256), made by `keelrow token`.");
  object.Field("ttl", &JwtConfig::ttl, "How long a token lasts.");
}

void Describe(config::Object<AuthConfig>& object) {
  object.Doc("Who may ask for predictions.");
  object.Field("enabled", &AuthConfig::enabled, "Whether a token is needed.");
  object.Field("jwt", &AuthConfig::jwt, "Signed tokens.");
}

void Describe(config::Object<ServeLimitsConfig>& object) {
  object.Doc("What one client may take.");
  object.Field("body", &ServeLimitsConfig::body, "Largest body of a request.");
  object.Field("header", &ServeLimitsConfig::header, "Largest header of a request.");
  object.Field("body_timeout", &ServeLimitsConfig::body_timeout, "Longest time a body may take.");
  object.Field("idle_timeout", &ServeLimitsConfig::idle_timeout,
               "How long an idle connection is kept.");
  object.Field("connections", &ServeLimitsConfig::connections, "Most connections at once.")
      .Range(1, 100000);
  object
      .Field("queue", &ServeLimitsConfig::queue,
             "Most requests waiting for a thread; beyond it the answer is 503 at once.")
      .Range(1, 100000);
}

void Describe(config::Object<ServeConfig>& object) {
  object.Doc("How `keelrow up` answers over HTTP.");
  object.Field("host", &ServeConfig::host, "Address to listen on.");
  object.Field("port", &ServeConfig::port, "Port to listen on; 0 takes any free one.")
      .Range(0, 65535);
  object.Field("threads", &ServeConfig::threads, "Inferences at once; 0 takes all cores.")
      .Range(0, 1024);
  object.Field("auth", &ServeConfig::auth, "Who may ask.");
  object.Field("limits", &ServeConfig::limits, "What one client may take.");
  object.Field("watch", &ServeConfig::watch,
               "How often the registry is asked whether another version was promoted.");
}

}  // namespace keelrow::project
