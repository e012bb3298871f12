import Compression
import DiskIO
import NBDServer
import Operations
import VMA

extension VMAError: ReportableError {
  /// The error as a JSON object, with the system's errno where one is behind it.
  public var report: FailureReport { FailureReport(kind: "vma", code: errno, message: description) }

  private var errno: Int? {
    switch reason {
    case .readFailed(let errno), .writeFailed(let errno), .threadUnavailable(let errno): Int(errno.rawValue)
    default: nil
    }
  }
}

extension DiskIOError: ReportableError {
  /// The error as a JSON object, with the system's errno where one is behind it.
  public var report: FailureReport { FailureReport(kind: "disk", code: errno, message: description) }

  private var errno: Int? {
    switch self {
    case .system(_, _, let errno, _), .nbd(_, _, _, let errno, _): Int(errno.rawValue)
    default: nil
    }
  }
}

extension ArchiveOperationError: ReportableError {
  /// The error as a JSON object, with the system's errno where one is behind it.
  public var report: FailureReport {
    switch self {
    case .archive(_, let error):
      FailureReport(kind: "vma", code: error.report.code, message: description)
    case .compression, .notAnArchiveInside:
      FailureReport(kind: "compression", message: description)
    case .file(_, _, let errno), .targetDirectory(_, let errno):
      FailureReport(kind: "system", code: Int(errno.rawValue), message: description)
    default:
      FailureReport(kind: "vma", message: description)
    }
  }
}

extension CompressionError: ReportableError {
  /// The error as a JSON object.
  public var report: FailureReport { FailureReport(kind: "compression", message: description) }
}

extension NBDServerError: ReportableError {
  /// The error as a JSON object, with the system's errno where one is behind it.
  public var report: FailureReport { FailureReport(kind: "nbd", code: errno, message: description) }

  private var errno: Int? {
    switch self {
    case .system(_, _, let errno), .thread(let errno): Int(errno.rawValue)
    default: nil
    }
  }
}

extension ArchiveReceptionError: ReportableError {
  /// The error as a JSON object, with the system's errno where one is behind it.
  public var report: FailureReport {
    switch self {
    case .scratch(_, _, let errno), .memorySocket(let errno):
      FailureReport(kind: "system", code: Int(errno.rawValue), message: description)
    default:
      FailureReport(kind: "vma", message: description)
    }
  }
}
