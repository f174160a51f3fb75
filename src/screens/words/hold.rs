//! Words of hold and release.

super::messages! {
    /// Hold and release.
    Holding {
        Title: "Hold", "Sperren";
        ScanTarget: "Scan a lot, place or pallet", "Charge, Platz oder Palette scannen";
        StoppedNow: "Stopped now", "Jetzt gesperrt";
        Hold: "Hold it", "Sperren";
        Release: "Release", "Freigeben";
        QKind { what }: "Stop {what}: how?", "{what} stoppen: wie?";
        KindHold: "Hold", "Sperre";
        KindQuarantine: "Quarantine", "Quarantäne";
        KindDamaged: "Damaged", "Beschädigt";
        KindRecall: "Recall", "Rückruf";
        QWhy: "Why?", "Warum?";
        QRelease { what }: "Release {what}: why?", "{what} freigeben: warum?";
        Held { what }: "{what} is stopped here, elsewhere with the next sync.", "{what} ist hier gesperrt, anderswo nach dem Abgleich.";
        ReleaseSent { what }: "Release of {what} asked. It waits for the server.", "Freigabe von {what} erbeten. Sie wartet auf den Server.";
        ReleaseWaits { what }: "Release of {what} is asked already. Leave it.", "Freigabe von {what} ist schon erbeten. Liegen lassen.";
        NotStopped { what }: "{what} is not stopped. Tap Hold it.", "{what} ist nicht gesperrt. Sperren antippen.";
        Stopped { what }: "{what} is stopped. Tap Release to end it.", "{what} ist gesperrt. Zum Beenden Freigeben antippen.";
        OnlySupervisor: "Only supervisors hold and release. Ask one.", "Nur die Leitung sperrt und gibt frei. Fragen.";
        ScanAgain: "Scan a lot, place or pallet to stop it.", "Zum Sperren Charge, Platz oder Palette scannen.";
        Leave: "Leave it as it is", "So lassen";
    }
}
