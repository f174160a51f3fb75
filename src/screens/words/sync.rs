//! Words of sync status.

super::messages! {
    /// How safe everything is.
    Syncing {
        Title: "Sync", "Abgleich";
        AllSafe: "Everything is on the server", "Alles ist auf dem Server";
        NotYet { count }: "{count} not yet on the server", "{count} noch nicht auf dem Server";
        Reassure: "Everything is saved on this device. It is sent by itself.", "Alles ist auf diesem Gerät gespeichert. Es wird selbst gesendet.";
        ReassureSafe: "Nothing waits on this device.", "Auf diesem Gerät wartet nichts.";
        Oldest: "oldest", "älteste";
        LastContact: "last contact", "letzter Kontakt";
        HoldsAsOf: "holds as of", "Sperren von";
        StockAsOf: "stock as of", "Bestand von";
        Room: "room left", "noch Platz für";
        Device: "device", "Gerät";
        Server: "server", "Server";
        Refused: "looked at by the office", "im Büro zur Prüfung";
        Never: "never", "nie";
        TimeAge { time, age }: "{time} · {age} ago", "{time} · vor {age}";
        HoldsAge { time, age }: "Holds as of {time}, {age} ago", "Sperren von {time}, vor {age}";
        HoldsNever: "Holds were never fetched", "Sperren nie abgeholt";
        TryNow: "Try now", "Jetzt versuchen";
        Trying: "Trying now. Go on working.", "Wird versucht. Einfach weiterarbeiten.";
        HintScan: "Go back, then scan.", "Erst zurück, dann scannen.";
        ProblemOffline: "No network or server. It is tried again.", "Kein Netz oder Server. Es wird wieder versucht.";
        ProblemTimeout: "The server is slow. It is tried again.", "Der Server ist langsam. Es wird wieder versucht.";
        ProblemTls: "The secure connection fails. Tell the office.", "Die sichere Verbindung scheitert. Büro melden.";
        ProblemTlsUntrusted: "The server's certificate is not trusted. Tell the office.", "Dem Zertifikat des Servers wird nicht vertraut. Büro melden.";
        ProblemTlsTime: "Certificate expired, or this clock is wrong. Tell the office.", "Zertifikat abgelaufen oder Uhr falsch. Büro melden.";
        ProblemTlsName: "The certificate is for another address. Tell the office.", "Das Zertifikat gilt für eine andere Adresse. Büro melden.";
        ProblemTlsPlain: "The server speaks no secure connection. Tell the office.", "Der Server spricht nicht verschlüsselt. Büro melden.";
        ProblemPortal: "This network asks for a login first. Open a browser.", "Dieses Netz will zuerst eine Anmeldung. Browser öffnen.";
        ProblemServer: "The server has trouble. It is tried again.", "Der Server hat Probleme. Es wird wieder versucht.";
        ProblemDevice: "The server refuses this device. Scan a new code from the office.", "Der Server nimmt dieses Gerät nicht. Neuen Code vom Büro scannen.";
        ProblemOtherServer: "This is another server than before. Tell the office.", "Das ist ein anderer Server als bisher. Büro melden.";
        ProblemProtocol: "Update this device: the server speaks a newer language.", "Gerät aktualisieren: Der Server spricht eine neuere Sprache.";
        ProblemStorage: "This device's storage has trouble. Bring it to the office.", "Der Speicher hat Probleme. Gerät ins Büro bringen.";
        ProblemOther: "Sync stopped. It is tried again.", "Abgleich unterbrochen. Es wird wieder versucht.";
    }
}
