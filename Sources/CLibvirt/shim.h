// libvirt's C API as the module CLibvirt. Inline functions here only replace what Swift cannot import.
#pragma once
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
