//! Where Android begins: the same window on the file in the app's own folder.

use super::run::{RunArgs, connect, open};
use slint::ComponentHandle;
use slint::android::AndroidApp;

/// Called by the activity on its own thread.
#[allow(unsafe_code)]
// Android finds this entry by its name; nothing is dereferenced here.
#[unsafe(no_mangle)]
fn android_main(app: AndroidApp) {
    let Some(folder) = app.internal_data_path() else { return };
    let language = app.config().language();
    if slint::android::init(app).is_err() {
        return;
    }
    let args = RunArgs { language, ..RunArgs::default() };
    let handheld = open(&args, &folder.join("handheld.db"), connect(folder.clone()));
    match handheld.map(|handheld| handheld.window.run().map(|()| handheld)) {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::error!(%error, "the window ended"),
        Err(error) => tracing::error!(%error, "the window cannot be opened"),
    }
}
