import Glibc
import Synchronization

/// Applies a function to many inputs on several threads and gives the outputs in the order of the inputs.
///
/// - Parameters:
///   - inputs: Taken one after the other by whichever thread is free.
///   - threads: How many threads work, the calling one among them; never more than there are inputs.
///   - makeWorker: Called once on each thread; what it returns stays on that thread.
/// - Returns: An output for each input.
func concurrentMap<Input: Sendable, Output: Sendable>(
  _ inputs: [Input], threads: Int = processorCount, makeWorker: @escaping @Sendable () -> (Input) -> Output
) -> [Output] {
  let queue = WorkQueue<Input, Output>(inputs)
  let body = ThreadBody { queue.work(makeWorker()) }
  var helpers: [pthread_t] = []
  for _ in 1..<max(2, min(threads, inputs.count)) where min(threads, inputs.count) > 1 {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(body)
    // Where no further thread is to be had, those that run do all the work.
    guard pthread_create(&thread, nil, runThreadBody, context.toOpaque()) == 0 else {
      context.release()
      break
    }
    helpers.append(thread)
  }
  body.run()
  for helper in helpers { pthread_join(helper, nil) }
  return queue.results
}

/// How many processors are at work.
var processorCount: Int {
  max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
}

private final class WorkQueue<Input: Sendable, Output: Sendable>: Sendable {
  private let inputs: [Input]
  private let next = Atomic<Int>(0)
  private let outputs: Mutex<[Output?]>

  init(_ inputs: [Input]) {
    self.inputs = inputs
    outputs = Mutex(Array(repeating: nil, count: inputs.count))
  }

  func work(_ worker: (Input) -> Output) {
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard inputs.indices.contains(index) else { return }
      let output = worker(inputs[index])
      outputs.withLock { $0[index] = output }
    }
  }

  var results: [Output] { outputs.withLock { $0 }.compactMap { $0 } }
}

private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void

  init(_ run: @escaping @Sendable () -> Void) {
    self.run = run
  }
}

private func runThreadBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let context { Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run() }
  return nil
}
