// libvirt's C API as the module CLibvirt. Inline functions here only replace what Swift cannot import.
#pragma once
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

/// `virConnectOpenAuth` with libvirt's default credential prompt: Swift cannot read the mutable global `virConnectAuthPtrDefault`.
static inline virConnectPtr snapsh_connect_open(const char *uri, unsigned int flags) {
  return virConnectOpenAuth(uri, virConnectAuthPtrDefault, flags);
}
