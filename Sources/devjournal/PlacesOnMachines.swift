import Artifacts
import Backup
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import SystemPackage

extension ServerTree {
    var sessions: ServedSessions {
        ServedSessions(locks.appending("sessions"), lock: locks.appending("sessions.lock"))
    }
}
