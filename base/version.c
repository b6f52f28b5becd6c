#include "base/version.h"

#include "ams_commit.h"

const char ams_version[] = AMS_VERSION;
const char ams_commit[] = AMS_COMMIT;
const char ams_version_commit[] = AMS_VERSION ", commit " AMS_COMMIT;
const char ams_compiler[] = AMS_COMPILER;
