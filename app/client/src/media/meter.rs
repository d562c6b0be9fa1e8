//! How loud a stream is right now, and its newest samples, for bars and waves.

use super::context;
use web_sys::{AnalyserNode, MediaStream, MediaStreamAudioSourceNode};

/// How many samples are kept: 21 ms at 48 kHz.
const WINDOW: usize = 1_024;

/// Listens to one stream until dropped; changes nothing of what is heard.
pub(crate) struct Meter {
    source: MediaStreamAudioSourceNode,
    analyser: AnalyserNode,
}

impl Meter {
    pub(crate) fn of(stream: &MediaStream) -> Option<Self> {
        let context = context::context()?;
        let source = context.create_media_stream_source(stream).ok()?;
        let analyser = context.create_analyser().ok()?;
        analyser.set_fft_size(WINDOW as u32);
        source.connect_with_audio_node(&analyser).ok()?;
        Some(Self { source, analyser })
    }

    /// The newest samples, -1 to 1; gives how many were written.
    pub(crate) fn wave(&self, out: &mut [f32]) -> usize {
        let length = out.len().min(WINDOW);
        self.analyser.get_float_time_domain_data(&mut out[..length]);
        length
    }

    /// The root mean square of the newest samples, 0 to 1.
    pub(crate) fn level(&self) -> f32 {
        let mut samples = [0.0_f32; WINDOW];
        self.wave(&mut samples);
        (samples.iter().map(|sample| sample * sample).sum::<f32>() / WINDOW as f32).sqrt()
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        let _ = self.source.disconnect();
        let _ = self.analyser.disconnect();
    }
}
