/* The library to embed, by the name that its header had before version 0.2. */
#include "ams/online.h"
