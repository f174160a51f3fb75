//! What makes two states the same one: devices and events are named by where they stand, not by when they came.
//!
//! Two devices that have changed places, or two events that were confirmed in the other order on two devices, lead to the
//! same futures; only one of them is looked at.

use super::super::super::State;
use super::super::super::message::Ask;
use super::device::{Device, Sent};
use super::server::Server;
use super::{World, history};
use crate::domain::DeviceId;
use crate::sync::wire::{Hash, PushRequest, ServerEpoch};

/// A state, whichever of the devices is called the first.
pub fn mark(world: &World) -> u64 {
    let mut order: Vec<usize> = (0..world.devices.len()).collect();
    let one = Marker::of(world, &order);
    order.reverse();
    one.min(Marker::of(world, &order))
}

struct Marker {
    sum: u64,
    /// Events in the order in which they were met.
    names: Vec<u8>,
    /// Devices in the order of this look.
    ids: Vec<DeviceId>,
}

impl Marker {
    fn of(world: &World, order: &[usize]) -> u64 {
        let devices = || order.iter().map(|n| &world.devices[*n]);
        let mut ids: Vec<_> = devices().map(|device| device.id).collect();
        ids.dedup();
        let mut marker = Self { sum: 0, names: vec![], ids };
        devices().for_each(|device| marker.device(device));
        marker.server(&world.server);
        marker.put(world.backup.is_some().into());
        world.backup.iter().for_each(|backup| marker.server(backup));
        marker.put(world.late.is_some().into());
        world.late.iter().for_each(|late| marker.push(late));
        let World { confirmed, losses, repeats, restores, clones, .. } = world;
        marker.puts(&[confirmed, losses, repeats, restores, clones].map(|count| u64::from(*count)));
        marker.sum
    }

    /// SplitMix64's mixer over what was put so far and the value; std's hasher takes twice the time in a debug build.
    fn put(&mut self, value: u64) {
        let mut z = self.sum.wrapping_add(0x9E37_79B9_7F4A_7C15) ^ value;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        self.sum = z ^ (z >> 31);
    }

    /// Small numbers and flags.
    fn puts(&mut self, values: &[u64]) {
        values.iter().for_each(|value| self.put(*value));
    }

    fn event(&mut self, event: u8) {
        let name = self.names.iter().position(|known| *known == event).unwrap_or_else(|| {
            self.names.push(event);
            self.names.len() - 1
        });
        self.put(name as u64);
    }

    fn events(&mut self, events: impl ExactSizeIterator<Item = u8>) {
        self.put(events.len() as u64);
        events.for_each(|event| self.event(event));
    }

    fn chain(&mut self, hash: Hash) {
        self.events(history(hash).iter().copied());
    }

    fn id(&mut self, id: DeviceId) {
        let place = self.ids.iter().position(|known| *known == id);
        self.put(place.map_or(u64::MAX, |place| place as u64));
    }

    fn server_epoch(&mut self, epoch: ServerEpoch) {
        self.put(epoch.0.as_u128() as u64);
    }

    fn device(&mut self, device: &Device) {
        self.id(device.id);
        self.puts(&[device.epoch.into(), device.acked, device.events.len() as u64]);
        self.server_epoch(device.server_epoch);
        for own in &device.events {
            self.puts(&[own.epoch.into(), own.seq]);
            self.chain(own.hash);
        }
        let engine = &device.engine;
        self.puts(&[engine.pushed, engine.rewind, engine.forked].map(u64::from));
        self.puts(&[engine.repairs.into(), engine.batch_events as u64]);
        self.put(engine.problem.map_or(0, |problem| 1 + problem as u64));
        match &engine.state {
            State::Asleep => self.put(0),
            State::Resting { held, .. } => self.puts(&[1, (*held).into()]),
            // What it tells of itself is for people.
            State::Asked { ask: Ask::Hello(_), .. } => self.put(2),
            State::Asked { ask: Ask::Push { after, events_max, .. }, .. } => {
                self.puts(&[3, *after, *events_max as u64]);
            }
            other => unreachable!("{other:?}"),
        }
        if let Some((_, Sent::Push(push))) = &device.out {
            self.push(push);
        }
        self.put(engine.greeting.is_some().into());
        if let Some(one) = &engine.greeting {
            let hello = &one.hello;
            self.server_epoch(hello.server_epoch);
            self.puts(&[hello.device_epoch.into(), hello.device_last_seq]);
            self.puts(&[one.compared.into(), one.rewound.into()]);
            self.chain(hello.device_last_hash.unwrap_or_default());
        }
    }

    fn push(&mut self, push: &PushRequest) {
        self.id(push.device);
        let first = push.events.first().map_or(0, |one| one.seq);
        self.puts(&[push.epoch.into(), push.events.len() as u64, first]);
        self.server_epoch(push.server_epoch);
        self.chain(push.prev_hash);
        self.chain(push.head().hash);
    }

    fn server(&mut self, server: &Server) {
        self.server_epoch(server.epoch);
        for id in self.ids.clone() {
            for ((_, epoch), links) in server.chains.range((id, 0)..=(id, u32::MAX)) {
                self.puts(&[(*epoch).into(), links.last().map_or(0, |link| link.2)]);
                self.events(links.iter().map(|link| link.1));
            }
            self.put(u64::MAX);
        }
        self.events(server.log.iter().copied());
    }
}
