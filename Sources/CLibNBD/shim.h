// libnbd's C API as the module CLibNBD.
#pragma once
#include <libnbd.h>
