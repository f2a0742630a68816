import JournalFormat
import JournalStore
import Machines

extension Complaint {
    /// Two histories where there should be one are shown as evidence, as `witness remember` prints them.
    init(replica error: ReplicaError) {
        if case .conflict(let conflict) = error {
            if let ours = conflict.ours { Terminal.exact(ours.note) }
            Terminal.exact(conflict.theirs.note)
        }
        if let cause = error.cause {
            self.init(cause)
        } else {
            self.init(error.problem, hint: error.hint, ExitStatus(error.kind))
        }
    }
}
