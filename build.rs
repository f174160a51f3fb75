fn main() {
    #[cfg(feature = "gui")]
    {
        use slint_build::{CompilerConfiguration, EmbedResourcesKind};
        // The ids and labels of elements are the hooks of the window's tests; they cost some kilobytes.
        let config = CompilerConfiguration::new()
            .with_style("fluent".into())
            .embed_resources(EmbedResourcesKind::EmbedFiles)
            .with_bundled_translations("lang")
            .with_debug_info(cfg!(feature = "gui-test"));
        slint_build::compile_with_config("ui/app.slint", config).expect("compile the screens");
        println!("cargo:rerun-if-changed=lang");
    }
}
