import Backup
import JournalFormat
import JournalStore

extension OutboxDelivery.Result {
    /// What a person should look at.
    package func warn(_ reporter: any Reporter) {
        for event in refused { reporter.warn("\(event.id) is refused for good: \(event.why.text)") }
        for event in later where event.why.name != EventAnswer.Explanation.quota {
            reporter.warn("\(event.id) stays pending: \(event.why.text)")
        }
        if let why = overQuota.first {
            let count = overQuota.count + waiting
            reporter.warn("\(Plain.counted(count, "event")) stay pending, and nothing is lost: \(why.text)")
        }
    }
}
