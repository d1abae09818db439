#pragma once

// The described configuration of this role lives with the rest of the project file (the `serve`
// key), because project/ is below serve/. Use project::ServeConfig; add keys there.
#include "project/serving.h"
