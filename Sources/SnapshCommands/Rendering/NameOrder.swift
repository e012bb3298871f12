import Glibc

/// The order of names in virsh's lists: ASCII letters without regard to case, everything else by bytes.
func isOrderedBefore(_ left: String, _ right: String) -> Bool {
  strcasecmp(left, right) < 0
}
