import Glibc
import Machines
import Restoring

extension RestoreRelease {
    /// Streams that nobody takes end this process.
    static func ofThisProcess(_ machine: Machine) -> RestoreRelease {
        RestoreRelease(machine) { error in
            let complaint = Complaint(error)
            Terminal.say("error: \(complaint.message)")
            exit(complaint.status.rawValue)
        }
    }
}
